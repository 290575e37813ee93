import { MemoryError } from "../errors.js";
import { KIND_FOLDERS, KINDS, type Kind, kindOfFolder } from "./kinds.js";
import { nameProblem } from "./name.js";
import { formatScope, readScope } from "./scope.js";

/** What a caller may pass to name an entry. `scope` is canonical text; `hex` is lower case without dashes (8 to 31 digits). */
export type Ref =
  | { readonly type: "address"; readonly scope?: string; readonly kind: Kind; readonly name: string }
  | { readonly type: "scope-document"; readonly scope: string }
  | { readonly type: "id"; readonly id: string }
  /** Part of an id, or a name that happens to look like one: both have to be tried. */
  | { readonly type: "id-part"; readonly hex: string; readonly name: string }
  | { readonly type: "name"; readonly name: string };

/** What a ref may look like, for messages. */
const REF_GRAMMAR =
  "an address such as guidelines/handle-rejections or org/acme:guidelines/no-secrets, an id, at least 8 hex digits of an id, " +
  "a name, or a scope with a closing colon (project/api:)";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const HEX_PART = /^[0-9a-f][0-9a-f-]*[0-9a-f]$/i;

/** Reads a ref; `invalid_input` for a text that is none. Whether it exists is not looked at. */
export function parseRef(text: string): Ref {
  if (UUID.test(text)) return { type: "id", id: text.toLowerCase() };
  if (text.endsWith(":")) {
    const scope = readScope(text.slice(0, -1));
    if (scope === undefined) throw badRef("the part before the colon is not a scope");
    return { type: "scope-document", scope: formatScope(scope) };
  }
  const colon = text.indexOf(":");
  const scope = colon === -1 ? undefined : readScope(text.slice(0, colon));
  const path = scope === undefined ? text : text.slice(colon + 1);
  const slash = path.indexOf("/");
  const kind = slash === -1 ? undefined : kindOfWord(path.slice(0, slash));
  if (kind !== undefined) {
    const name = safeName(path.slice(slash + 1));
    return { type: "address", ...(scope === undefined ? {} : { scope: formatScope(scope) }), kind, name };
  }
  if (scope !== undefined) {
    throw badRef(`after the scope comes ${KINDS.map((each) => KIND_FOLDERS[each]).join("/, ")}/ and a name`);
  }
  if (colon !== -1) throw badRef("the part before the colon is not a scope");
  const name = safeName(path);
  const hex = text.replaceAll("-", "").toLowerCase();
  if (!HEX_PART.test(text) || hex.length < 8 || hex.length > 32) return { type: "name", name };
  return hex.length === 32 ? { type: "id", id: dashed(hex) } : { type: "id-part", hex, name };
}

function kindOfWord(word: string): Kind | undefined {
  return kindOfFolder(word) ?? KINDS.find((kind) => kind === word);
}

function safeName(name: string): string {
  const problem = nameProblem(name);
  if (problem !== undefined) throw badRef(`as a name ${problem}`);
  return name;
}

function dashed(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function badRef(why: string): MemoryError {
  return new MemoryError("invalid_input", `This names no entry: ${why}. A ref is ${REF_GRAMMAR}.`, { field: "ref" });
}

/** The address of an entry: short (`guidelines/x`) in the default scope, else with its scope (`org/acme:guidelines/x`). Both scopes canonical. */
export function formatAddress(
  at: { readonly kind: Kind; readonly scope: string; readonly name: string },
  defaultScope: string,
): string {
  const short = `${KIND_FOLDERS[at.kind]}/${at.name}`;
  return at.scope === defaultScope ? short : `${at.scope}:${short}`;
}
