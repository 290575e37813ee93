import type { SecretLintRuleContext, SecretLintRuleCreator, SecretLintSourceCode } from "@secretlint/types";

/** Where something that looks like a secret stands; `line` and `column` count from 1. The secret itself is never given. */
export interface FoundSecret {
  /** Name of the rule, as `allow` takes it, such as `aws` or `github`. */
  readonly rule: string;
  readonly line: number;
  readonly column: number;
}

/** Looks for secrets with secretlint's recommended rules, leaving out the rules named in `allow`; in the order of the text. */
export async function findSecrets(text: string, allow: readonly string[]): Promise<readonly FoundSecret[]> {
  const found = new Map<string, FoundSecret & { readonly at: number }>();
  const source = sourceOf(text);
  for (const rule of await rules()) {
    const name = ruleName(rule);
    if (allow.includes(name)) continue;
    const context = contextOf((at) => {
      const { line, column } = source.indexToPosition(at);
      found.set(`${name} ${at}`, { rule: name, line, column: column + 1, at });
    });
    await rule.create(context, {}).file?.(source);
  }
  return [...found.values()].sort((a, b) => a.at - b.at).map(({ rule, line, column }) => ({ rule, line, column }));
}

function ruleName(rule: SecretLintRuleCreator<unknown>): string {
  return rule.meta.id.replace(/^@secretlint\/secretlint-rule-/, "");
}

// The rules are run without @secretlint/core: it leaves 54 performance marks behind on every call, which a server would
// collect until it dies. Filter rules stay out, or a comment in a text could switch the search off.
async function loadRules(): Promise<readonly SecretLintRuleCreator<unknown>[]> {
  // Megabytes of rules: loaded with the first write, not at start-up.
  const { rules: all } = await import("@secretlint/secretlint-rule-preset-recommend");
  return all.filter((rule) => rule.meta.type === "scanner");
}

let loaded: Promise<readonly SecretLintRuleCreator<unknown>[]> | undefined;

function rules(): Promise<readonly SecretLintRuleCreator<unknown>[]> {
  loaded ??= loadRules();
  return loaded;
}

function contextOf(report: (at: number) => void): SecretLintRuleContext {
  return {
    sharedOptions: {},
    // Messages would quote the secret.
    createTranslator: () => (messageId) => ({ message: "", messageId: String(messageId), data: {} }),
    report: ({ range }) => report(range[0]),
    ignore: () => undefined,
  };
}

/** A text as the rules want it: positions count lines from 1 and columns from 0. */
function sourceOf(content: string): SecretLintSourceCode {
  const starts = [0];
  for (let at = content.indexOf("\n"); at !== -1; at = content.indexOf("\n", at + 1)) starts.push(at + 1);
  const indexToPosition = (index: number) => {
    let line = starts.length;
    for (let low = 0, high = starts.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= index) low = middle + 1;
      else high = middle;
      line = low;
    }
    return { line, column: index - (starts[line - 1] ?? 0) };
  };
  const positionToIndex = ({ line, column }: { line: number; column: number }) => (starts[line - 1] ?? 0) + column;
  return {
    hasBOM: false,
    content,
    filePath: "entry.md",
    physicalFilePath: undefined,
    contentType: "text",
    ext: ".md",
    getFilePath: () => "entry.md",
    getPhysicalFilePath: () => undefined,
    locationToRange: ({ start, end }) => [positionToIndex(start), positionToIndex(end)],
    rangeToLocation: ([start, end]) => ({ start: indexToPosition(start), end: indexToPosition(end) }),
    positionToIndex,
    indexToPosition,
  };
}
