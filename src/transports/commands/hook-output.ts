const FORMATS: ReadonlyMap<string, (text: string) => string> = new Map([
  // Claude Code and Codex take what is printed.
  ["", (text) => text],
  // https://cursor.com/docs/hooks, sessionStart
  ["cursor", (text) => `${JSON.stringify({ additional_context: text })}\n`],
  // https://geminicli.com/docs/hooks/reference, SessionStart
  [
    "gemini",
    (text) => `${JSON.stringify({ hookSpecificOutput: { hookEventName: "SessionStart", additionalContext: text } })}\n`,
  ],
]);

/** A text in the form that a host's session-start hook takes; empty for no text and for a form that we do not know. */
export const hookOutput = (format: string, text: string): string =>
  text.trim() === "" ? "" : (FORMATS.get(format)?.(text) ?? "");
