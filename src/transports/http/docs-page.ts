import { createHash } from "node:crypto";
import { STYLE } from "./docs-style.js";
import type { ApiDocument } from "./openapi.js";
import type { ApiOperation, ApiParameter } from "./openapi-operation.js";

const SIGNS: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const html = (text: string): string => text.replace(/[&<>"']/g, (sign) => SIGNS[sign] ?? sign);

/** The hash by which the page's Content-Security-Policy names its own style. */
export const styleHash = (): string => `sha256-${createHash("sha256").update(STYLE).digest("base64")}`;

interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
}

interface Field {
  readonly name: string;
  readonly where: string;
  readonly required: boolean;
  readonly schema: Schema;
  readonly description: string;
}

/** What examples show for fields that have a usual value. */
const SAMPLES: Readonly<Record<string, unknown>> = {
  ref: "guidelines/handle-rejections",
  refs: ["guidelines/handle-rejections", "memories/use-postgres-for-billing"],
  query: "retry policy",
  title: "Use Postgres for billing",
  content: "Invoices need transactions.",
  version: "8846e11",
  items: [{ op: "save", title: "Use Postgres for billing", content: "Invoices need transactions." }],
  paths: ["src/billing/invoice.ts"],
  append: "Since March also for invoices.",
  task: "retry failed payments",
  text: "calls to the payment provider time out",
  type: "depends_on",
  target: "memories/use-postgres-for-billing",
  key: "commit",
  value: "journal",
};

function sample(name: string, schema: Schema): unknown {
  if (name in SAMPLES) return SAMPLES[name];
  if (schema.enum) return schema.enum[0];
  if (schema.type === "array") return [sample("", schema.items ?? {})];
  if (schema.type === "boolean") return true;
  if (schema.type === "integer" || schema.type === "number") return schema.minimum ?? 1;
  return schema.type === "object" ? {} : "…";
}

const typeOf = (schema: Schema): string => {
  if (schema.enum) return schema.enum.map(String).join(" | ");
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  return schema.type ?? "anything";
};

const schemaOf = (parameter: ApiParameter): Schema => {
  const content = parameter.content as { readonly "application/json"?: { readonly schema: Schema } } | undefined;
  return (parameter.schema as Schema | undefined) ?? content?.["application/json"]?.schema ?? {};
};

const bodyOf = (operation: ApiOperation): Schema | undefined =>
  (operation.requestBody as { content: { "application/json": { schema: Schema } } } | undefined)?.content[
    "application/json"
  ].schema;

function fieldsOf(operation: ApiOperation): Field[] {
  const parameters = (operation.parameters ?? []).map((one) => ({
    name: one.name,
    where: one.in,
    required: one.required === true,
    schema: schemaOf(one),
    description: one.description ?? "",
  }));
  const body = bodyOf(operation);
  const inBody = Object.entries(body?.properties ?? {}).map(([name, schema]) => ({
    name,
    where: "body",
    required: body?.required?.includes(name) === true,
    schema,
    description: schema.description ?? "",
  }));
  return [...parameters, ...inBody];
}

/** What a request is about where nothing is required. */
const TELLING = ["query", "append", "task", "text", "value", "limit"];

/** A text as a shell takes it (POSIX). */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function example(method: string, path: string, operation: ApiOperation, url: string): string {
  const fields = fieldsOf(operation);
  const value = ({ name, schema }: Field): unknown => sample(name, schema);
  const filled = path.replace(/\{(\w+)\}/g, (_hole, name: string) =>
    encodeURIComponent(String(SAMPLES[name] ?? name.toUpperCase())),
  );
  const needed = (where: string): Field[] => {
    const all = fields.filter((one) => one.where === where);
    const required = all.filter((one) => one.required);
    return required.length > 0 ? required : all.filter(({ name }) => TELLING.includes(name)).slice(0, 1);
  };
  const query = needed("query").map((one) => `${one.name}=${encodeURIComponent(String(value(one)))}`);
  const body = Object.fromEntries(needed("body").map((one) => [one.name, value(one)]));
  const address = quoted(`${url}${filled}${query.length > 0 ? `?${query.join("&")}` : ""}`);
  const verb =
    method === "get" || (method === "post" && Object.keys(body).length > 0) ? "" : ` -X ${method.toUpperCase()}`;
  const data =
    Object.keys(body).length > 0
      ? ` \\\n  -H 'Content-Type: application/json' \\\n  -d ${quoted(JSON.stringify(body))}`
      : "";
  return `curl${verb} ${address}${data}`;
}

function row({ name, where, required, schema, description }: Field): string {
  const mark = required ? ' <b title="required">*</b>' : "";
  return `<tr><td><code>${html(name)}</code>${mark}</td><td>${where}</td><td>${html(typeOf(schema))}</td><td>${html(description)}</td></tr>`;
}

function section(method: string, path: string, operation: ApiOperation, url: string): string {
  const rows = fieldsOf(operation).map(row).join("\n");
  const table = rows === "" ? "" : `<table><tr><th>field</th><th>in</th><th>type</th><th></th></tr>\n${rows}</table>`;
  return `<details id="${operation.operationId}"><summary><span class="verb ${method}">${method.toUpperCase()}</span> <code>${html(path)}</code> <span class="what">${html(operation.summary)}</span></summary>
<p>${html(operation.description)}</p>
${table}
<pre>${html(example(method, path, operation, url))}</pre>
</details>`;
}

function sections({ paths }: ApiDocument, url: string): string {
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const areas = [...new Set(all.map(({ operation }) => operation.tags[0] ?? ""))];
  return areas
    .map((area) => {
      const own = all.filter(({ operation }) => operation.tags[0] === area);
      return `<h3>${html(area)}</h3>\n${own.map(({ method, path, operation }) => section(method, path, operation, url)).join("\n")}`;
    })
    .join("\n");
}

/** A page for people that says what the server at `url` answers: complete in itself, and without a script. */
export function docsPage(document: ApiDocument, url: string): string {
  const { title, version, description } = document.info;
  const client = JSON.stringify({ mcpServers: { "git-memory": { type: "http", url: `${url}/mcp` } } }, null, 2);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(title)} ${html(version)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${html(title)} <small>${html(version)}</small></h1>
<p>${html(description)}</p>
<h2>Connect an agent</h2>
<p>Over MCP, in a client's configuration:</p>
<pre>${html(client)}</pre>
<p>or on the command line of one:</p>
<pre>claude mcp add --transport http git-memory ${html(url)}/mcp</pre>
<h2>Call it</h2>
<p>A ref is an address, an id, part of an id or a unique name: one segment of the path, with <code>/</code> as <code>%2F</code>.
Fields come from the query, the JSON body and the path; the later one wins. An entry's <code>ETag</code> is its version: send it as
<code>If-Match</code> with a change, and nothing newer is overwritten. Errors are
<code>{"error": {"code", "message", "data"}}</code>. For programs: <a href="/openapi.json">openapi.json</a>.</p>
${sections(document, url)}
</main>
</body>
</html>
`;
}
