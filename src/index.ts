export { formatAddress, parseRef, type Ref } from "./entry/address.js";
export type { Entry, EntryFields, Problem, Relation } from "./entry/entry.js";
export { KIND_FOLDERS, KINDS, type Kind } from "./entry/kinds.js";
export { type EntryAt, type EntryEdit, editEntry, type ParsedEntry, parseEntry } from "./entry/markdown.js";
export { formatScope, parseScope, type Scope } from "./entry/scope.js";
export type { ErrorCode } from "./errors.js";
export { ERROR_CODES, MemoryError } from "./errors.js";
