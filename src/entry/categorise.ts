import type { Kind } from "./kinds.js";

/** What an entry says of itself, as far as a category or topic follows from it. */
export interface Words {
  readonly kind: Kind;
  readonly title: string;
  readonly body: string;
  readonly tags: readonly string[];
}

/** What was found, and the words that it was found by; a field is absent where nothing is clear. */
export interface Categorised {
  readonly category?: string;
  readonly topic?: string;
  readonly because: string;
}

/** A sign of a category: what it is called in a sentence, where it is looked for, and how much it says. */
interface Sign {
  readonly value: string;
  readonly in: "title" | "start" | "text";
  readonly pattern: RegExp;
  readonly weight: number;
}

/** What a weight has to come to before a category is called clear, and by how much it has to lead. */
const CLEAR = 3;
const LEAD = 2;
/** So much of a body is looked at: what an entry is it says early. */
const LOOKED_AT = 1_500;

const sign = (value: string, where: Sign["in"], weight: number, pattern: RegExp): Sign => ({
  value,
  in: where,
  weight,
  pattern,
});

const SIGNS: Readonly<Record<Kind, readonly Sign[]>> = {
  memory: [
    sign("decision", "title", 3, /\b(?:decision|decided?|we (?:use|chose|choose|picked|went with)|adr[- ]?\d+)\b/i),
    sign(
      "decision",
      "title",
      3,
      /^(?:use|prefer|adopt|choose|keep|stay with|switch to|move to|drop) .+ (?:for|over|instead of|rather than|as|to) /i,
    ),
    sign(
      "decision",
      "text",
      3,
      /\b(?:we|i|team|it was) (?:have |has )?(?:decided|chose|agreed|opted|settled on|went with|picked)\b/i,
    ),
    sign(
      "decision",
      "text",
      2,
      /\b(?:instead of|rather than|trade-?offs?|alternatives? considered|rejected because)\b/i,
    ),
    sign("task", "title", 3, /^(?:todo|to do|fixme|follow[- ]up|task)\b\s*[:\-–]/i),
    sign("task", "text", 3, /^[-*] \[ \] .+/m),
    sign("task", "start", 3, /^(?:todo|fixme)\b/i),
    sign(
      "progress",
      "title",
      3,
      /^(?:progress|status|wip)\b\s*[:\-–]|\b(?:status update|progress report|weekly update)\b/i,
    ),
    sign("progress", "text", 2, /\b(?:done so far|still to do|next steps?:|in progress:|completed so far)/i),
    sign(
      "reference",
      "title",
      3,
      /\b(?:cheat ?sheet|links?|where to find|documentation|docs|reference|glossary|runbook)\b/i,
    ),
    sign("reference", "start", 3, /^(?:see|docs?:|link:|spec:)?\s*<?https?:\/\/\S+>?/i),
    sign(
      "insight",
      "title",
      3,
      /\b(?:lessons?(?: learned)?|learned|learnt|gotcha|pitfall|root cause|post-?mortem|turns out|surprising(?:ly)?|why .+ (?:fail|break|hang|leak)s?)\b/i,
    ),
    sign(
      "insight",
      "text",
      3,
      /\b(?:root cause|the (?:cause|reason|culprit) (?:is|was)|turns? out|turned out|we learned|lesson learned|the trap (?:is|was)|gotcha)\b/i,
    ),
    sign(
      "context",
      "title",
      3,
      /\b(?:background|overview|context|history of|how we got here|who owns|team structure)\b/i,
    ),
    sign(
      "fact",
      "title",
      3,
      /\b(?:runs?|listens?|lives?|is|are) (?:on|in|at|under) (?:port |version |region )?[\w./:-]+$/i,
    ),
    sign(
      "fact",
      "text",
      3,
      /\b(?:listens on port|port \d{2,5}|default(?:s)? (?:is|are|to)|the limit is|at most \d+|expires? after \d+|version \d+(?:\.\d+)+ (?:is|of)|is (?:stored|located|kept|hosted) (?:in|at|on))\b/i,
    ),
  ],
  guideline: [
    sign(
      "security",
      "title",
      3,
      /\b(?:secur(?:ity|e)|secrets?|credentials?|auth(?:entication|orization)?|passwords?|injection|xss|csrf|owasp|vulnerabilit(?:y|ies))\b/i,
    ),
    sign(
      "security",
      "text",
      2,
      /\b(?:sql injection|never (?:log|commit|print) (?:secrets?|passwords?|tokens?|credentials?)|sanitis|sanitiz|least privilege|attackers?)\b/i,
    ),
    sign(
      "performance",
      "title",
      3,
      /\b(?:performance|performant|optimi[sz](?:e|ation|ing)|latency|n\+1|slow queries|memory usage|cach(?:e|ing))\b/i,
    ),
    sign("performance", "text", 2, /\b(?:n\+1|benchmark|hot path|round[- ]trips?|throughput)\b/i),
    sign(
      "error_handling",
      "title",
      3,
      /\b(?:errors?|exceptions?|rejections?|failures?|panics?|retr(?:y|ies))\b(?! (?:budget|rate))/i,
    ),
    sign(
      "error_handling",
      "text",
      2,
      /\b(?:try\/?catch|swallow(?:ing)? (?:errors?|exceptions?)|unhandled|rethrow|error (?:type|code|message)s?)\b/i,
    ),
    sign("logging", "title", 3, /\b(?:log(?:s|ging|gers?)?|structured logs?|log levels?)\b/i),
    sign("logging", "text", 2, /\b(?:log level|structured log|correlation id|logger)\b/i),
    sign(
      "code_style",
      "title",
      3,
      /\b(?:code style|coding (?:style|standards?|conventions?)|naming|style ?guide|formatting|indentation|imports|linting|conventions)\b/i,
    ),
    sign(
      "code_style",
      "text",
      2,
      /\b(?:camelcase|snake_case|pascalcase|kebab-case|prettier|eslint|indent(?:ation)?|line length|named exports?)\b/i,
    ),
    sign(
      "behavior",
      "title",
      3,
      /^(?:always |never )?(?:ask|answer|explain|confirm|respond|reply|be concise)\b|\b(?:before you (?:edit|change|start|delete)|pull requests?|commit messages?|code review)\b/i,
    ),
  ],
  tool: [
    sign("mcp", "title", 3, /\bmcp\b/i),
    sign("mcp", "text", 3, /\b(?:mcp (?:server|tool)|model context protocol)\b/i),
    sign("api", "title", 3, /\b(?:api|endpoint|webhook|graphql)\b/i),
    sign("api", "text", 3, /\b(?:GET|POST|PUT|PATCH|DELETE) (?:https?:\/\/|\/)\S+|\bcurl .*https?:/),
    sign("cli", "title", 3, /\b(?:cli|command(?: line)?|script|npm run|make)\b/i),
    sign(
      "cli",
      "text",
      3,
      /^(?:\s*\$ |```(?:sh|bash|shell|console|zsh)\b)|`(?:npm|npx|pnpm|yarn|make|docker|kubectl|git|cargo|go|uv|pip|terraform|\.\/[\w./-]+) [^`\n]+`/m,
    ),
    sign("function", "title", 3, /\bfunction\b|\w\(\)/i),
    sign("function", "text", 3, /^(?:export )?(?:async )?(?:function \w+\(|def \w+\(|fn \w+\(|func \w+\()/m),
  ],
  pattern: [
    sign("testing", "title", 3, /\b(?:tests?|testing|fixtures?|mocks?|snapshots?)\b/i),
    sign("testing", "text", 2, /\b(?:unit tests?|integration tests?|test doubles?|assertions?|flaky)\b/i),
    sign(
      "deployment",
      "title",
      3,
      /\b(?:deploy(?:s|ing|ment)?|rollouts?|rollbacks?|release|blue[/-]green|canary|migrations?)\b/i,
    ),
    sign("deployment", "text", 2, /\b(?:blue[/-]green|canary|helm|zero downtime|feature flags?)\b/i),
    sign(
      "architecture",
      "title",
      3,
      /\b(?:architecture|layers?|event sourcing|cqrs|outbox|hexagonal|microservices?|repository pattern|retr(?:y|ies)|circuit breaker|backoff|queue|cache)\b/i,
    ),
    sign(
      "architecture",
      "text",
      2,
      /\b(?:bounded context|event bus|dependency injection|circuit breaker|idempotent|eventual consistency)\b/i,
    ),
    sign("code_style", "title", 3, /\b(?:naming|style|imports?|formatting)\b/i),
  ],
};

/** Topics, and the words of their own that speak for them; a word in the title or a tag says three times as much. */
const TOPICS: Readonly<Record<string, RegExp>> = {
  architecture: /\b(?:architectur\w*|microservices?|monolith|monorepo|bounded contexts?|cqrs|event sourcing)\b/gi,
  authentication:
    /\b(?:auth|authenticat\w+|oauth2?|oidc|sso|log-?ins?|jwts?|sessions? tokens?|refresh tokens?|passkeys?)\b/gi,
  billing: /\b(?:billing|invoic\w+|payments?|subscriptions?|stripe|refunds?|checkout)\b/gi,
  build: /\b(?:bundl(?:er|ing|es?)|webpack|esbuild|vite|rollup|compiler|tsconfig|makefiles?|gradle|bazel)\b/gi,
  ci: /\b(?:ci|ci\/cd|github actions|gitlab ci|pipelines?|jenkins|workflow runs?)\b/gi,
  database:
    /\b(?:databases?|postgres(?:ql)?|mysql|sqlite|mongodb|sql|migrations?|schemas? migrations?|indexes on|orm|prisma)\b/gi,
  deployment: /\b(?:deploy\w*|kubernetes|k8s|helm|docker\w*|containers?|terraform|rollbacks?|staging|canary)\b/gi,
  documentation: /\b(?:documentation|docs|readme|changelogs?|jsdoc|docstrings?)\b/gi,
  errors: /\b(?:error handling|exceptions?|unhandled|rejections?|stack traces?|try\/catch)\b/gi,
  frontend: /\b(?:front-?end|react|vue|svelte|angular|css|tailwind|components?|dom|browsers?)\b/gi,
  git: /\b(?:git|commits?|branch(?:es)?|rebas\w+|merge conflicts?|pull requests?)\b/gi,
  logging: /\b(?:logging|loggers?|log levels?|structured logs?|pino|winston)\b/gi,
  messaging: /\b(?:kafka|rabbitmq|sqs|message queues?|event bus|consumers?|dead[- ]letter)\b/gi,
  monitoring: /\b(?:monitoring|metrics|prometheus|grafana|alerts?|tracing|opentelemetry|dashboards?)\b/gi,
  performance:
    /\b(?:performance|latency|throughput|slow|benchmarks?|cach(?:e|es|ing)|profil(?:er|ing)|memory leaks?)\b/gi,
  security: /\b(?:security|secrets?|vulnerabilit\w+|xss|csrf|injection|encrypt\w+|credentials?|cves?)\b/gi,
  testing: /\b(?:tests?|testing|vitest|jest|pytest|fixtures?|mocks?|flaky|coverage)\b/gi,
};
/** What a topic has to come to: a title word and a word more, or several in the body. */
const TOPIC_CLEAR = 4;

/** Takes code and addresses away, in which words are names. */
const prose = (body: string): string =>
  body
    .slice(0, LOOKED_AT)
    .replace(/^```[\s\S]*?(?:^```|(?![\s\S]))/gm, " ")
    .replace(/https?:\/\/\S+/g, " ");

interface Found {
  readonly value: string;
  readonly weight: number;
  readonly words: readonly string[];
}

/** The strongest, when it is clear: strong enough by itself, and well ahead of the next. */
function clearest(found: readonly Found[], enough: number): Found | undefined {
  const [first, second] = [...found].sort((a, b) => b.weight - a.weight);
  return first && first.weight >= enough && first.weight - (second?.weight ?? 0) >= LEAD ? first : undefined;
}

const quoted = (text: string): string => text.replace(/\s+/g, " ").trim().slice(0, 40);

function categoryOf({ kind, title, body }: Words): Found | undefined {
  const text = body.slice(0, LOOKED_AT);
  const places = { title, start: text.trimStart(), text };
  const found = new Map<string, Found>();
  for (const { value, in: place, pattern, weight } of SIGNS[kind]) {
    const match = pattern.exec(places[place]);
    if (!match) continue;
    const before = found.get(value);
    const words = [...(before?.words ?? []), quoted(match[0])];
    found.set(value, { value, weight: (before?.weight ?? 0) + weight, words });
  }
  return clearest([...found.values()], CLEAR);
}

/** The forms of one word count once. */
const root = (word: string): string => word.toLowerCase().replace(/(?<=\w{4})(?:ings?|ed|s)$/, "");

function topicOf({ title, body, tags }: Words): Found | undefined {
  const text = prose(body);
  const head = `${title}\n${tags.join("\n").replace(/[-_]/g, " ")}`;
  const found = Object.entries(TOPICS).map(([value, pattern]): Found => {
    const inHead = [...new Set((head.match(pattern) ?? []).map(root))];
    const inText = [...new Set((text.match(pattern) ?? []).map(root))];
    const named = tags.includes(value) ? 3 : 0;
    const words = [...new Set([...inHead, ...inText])];
    return { value, weight: named + 3 * Math.min(inHead.length, 2) + Math.min(inText.length, 4), words };
  });
  return clearest(found, TOPIC_CLEAR);
}

/**
 * The category and topic, of those that are wanted, that an entry's own words make clear; undefined where they make none
 * clear. A rule of thumb for English.
 */
export function categorise(
  words: Words,
  wanted: readonly ("category" | "topic")[] = ["category", "topic"],
): Categorised | undefined {
  const category = wanted.includes("category") ? categoryOf(words) : undefined;
  const topic = wanted.includes("topic") ? topicOf(words) : undefined;
  if (!category && !topic) return undefined;
  const because = [category, topic].flatMap((one) => (one ? [`${one.value} by ${sample(one.words)}`] : []));
  return {
    ...(category ? { category: category.value } : {}),
    ...(topic ? { topic: topic.value } : {}),
    because: because.join("; "),
  };
}

const sample = (words: readonly string[]): string =>
  words
    .slice(0, 3)
    .map((word) => JSON.stringify(word))
    .join(", ");
