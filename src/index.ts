export type { ErrorCode } from "./errors.js";
export { ERROR_CODES, MemoryError } from "./errors.js";
export type { Entry, EntryFields, Problem, Relation } from "./entry/entry.js";
export { KIND_FOLDERS, KINDS, type Kind } from "./entry/kinds.js";
export { editEntry, type EntryAt, type EntryEdit, type ParsedEntry, parseEntry } from "./entry/markdown.js";
export { formatAddress, parseRef, type Ref } from "./entry/address.js";
export { formatScope, parseScope, type Scope } from "./entry/scope.js";
