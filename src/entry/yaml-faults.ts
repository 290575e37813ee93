const FAULT = "it is not valid YAML";

// The library's own messages quote the file, and text of strangers does not belong into an error.
const FAULTS: Readonly<Record<string, string>> = {
  BAD_ALIAS: "an alias (*) is not valid",
  BAD_DIRECTIVE: "it holds a directive (%)",
  BAD_DQ_ESCAPE: "an escape in a double-quoted text is not valid",
  BAD_INDENT: "the indentation is not right",
  BAD_SCALAR_START: "a text starts with a character that has to be quoted",
  BLOCK_AS_IMPLICIT_KEY: "a value with a colon and a space has to be quoted",
  BLOCK_IN_FLOW: "a block text or list is inside [] or {}",
  DUPLICATE_KEY: "a key is given twice",
  MISSING_CHAR: "a quote, bracket, colon or comma is missing",
  MULTILINE_IMPLICIT_KEY: "a key goes over several lines (is a colon missing, or a value with a colon not quoted?)",
  MULTIPLE_DOCS: "it holds a second document",
  TAB_AS_INDENT: "a tab is used as indentation",
  TAG_RESOLVE_FAILED: "a tag (!) is not valid for its value",
  UNEXPECTED_TOKEN: "something stands where YAML does not expect it",
};

/** Our own sentence for an error code of the `yaml` library. */
export function yamlFaultReason(code: string): string {
  return FAULTS[code] ?? FAULT;
}
