import { type Exchange, type Handle, INVALID_PARAMS, ProtocolError } from "../../src/transports/mcp/protocol.js";

type Json = Record<string, unknown>;

/** A red pixel. */
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
/** No samples at all. */
const WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";

const text = (words: string) => ({ type: "text", text: words });
const image = { type: "image", data: PNG, mimeType: "image/png" };
const embedded = (uri: string, words: string) => ({
  type: "resource",
  resource: { uri, mimeType: "text/plain", text: words },
});
const content = (...parts: object[]) => ({ content: parts });
const NOTHING = { type: "object", properties: {} };
const oneText = (name: string) => ({ type: "object", properties: { [name]: { type: "string" } }, required: [name] });
const titled = (value: string, title: string) => ({ const: value, title });

const form = async (exchange: Exchange, message: unknown, properties: Json, required: string[] = []) => {
  const requestedSchema = { type: "object", properties, required };
  const { action, content: given } = await exchange.request("elicitation/create", { message, requestedSchema });
  return content(text(`Elicitation completed: action=${String(action)}, content=${JSON.stringify(given)}`));
};

interface Tool {
  readonly inputSchema?: object;
  readonly run: (exchange: Exchange, args: Json) => Promise<object> | object;
}

const TOOLS: Readonly<Record<string, Tool>> = {
  test_simple_text: { run: () => content(text("A simple text.")) },
  test_image_content: { run: () => content(image) },
  test_audio_content: { run: () => content({ type: "audio", data: WAV, mimeType: "audio/wav" }) },
  test_embedded_resource: { run: () => content(embedded("test://embedded-resource", "An embedded resource.")) },
  test_multiple_content_types: {
    run: () => content(text("Several kinds:"), image, embedded("test://mixed-content-resource", "One of them.")),
  },
  test_tool_with_logging: {
    run: ({ log }) => {
      for (const line of ["started", "working", "done"]) log("info", line);
      return content(text("Logged three lines."));
    },
  },
  test_error_handling: { run: () => ({ ...content(text("This tool always fails.")), isError: true }) },
  test_tool_with_progress: {
    run: ({ progress }) => {
      for (const at of [0, 50, 100]) progress?.(at, 100, `at ${at}`);
      return content(text("Told its progress."));
    },
  },
  test_sampling: {
    inputSchema: oneText("prompt"),
    run: async ({ request }, { prompt }) => {
      const messages = [{ role: "user", content: text(String(prompt)) }];
      const answer = await request("sampling/createMessage", { messages, maxTokens: 100 });
      return content(text(`The model said: ${JSON.stringify(answer.content)}`));
    },
  },
  test_elicitation: {
    inputSchema: oneText("message"),
    run: (exchange, { message }) =>
      form(exchange, message, { username: { type: "string" }, email: { type: "string" } }, ["username", "email"]),
  },
  test_elicitation_sep1034_defaults: {
    run: (exchange) =>
      form(exchange, "Look through the defaults", {
        name: { type: "string", default: "John Doe" },
        age: { type: "integer", default: 30 },
        score: { type: "number", default: 95.5 },
        status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
        verified: { type: "boolean", default: true },
      }),
  },
  test_elicitation_sep1330_enums: {
    run: (exchange) =>
      form(exchange, "Choose", {
        untitledSingle: { type: "string", enum: ["option1", "option2", "option3"] },
        titledSingle: { type: "string", oneOf: [titled("value1", "First"), titled("value2", "Second")] },
        legacyEnum: { type: "string", enum: ["opt1", "opt2"], enumNames: ["Option One", "Option Two"] },
        untitledMulti: { type: "array", items: { type: "string", enum: ["option1", "option2"] } },
        titledMulti: { type: "array", items: { anyOf: [titled("value1", "First"), titled("value2", "Second")] } },
      }),
  },
  json_schema_2020_12_tool: {
    inputSchema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      $defs: { address: { type: "object", properties: { street: { type: "string" }, city: { type: "string" } } } },
      properties: { name: { type: "string" }, address: { $ref: "#/$defs/address" } },
      additionalProperties: false,
    },
    run: () => content(text("Took it.")),
  },
};

const RESOURCES: Readonly<Record<string, object>> = {
  "test://static-text": { mimeType: "text/plain", text: "A static text." },
  "test://static-binary": { mimeType: "image/png", blob: PNG },
  "test://watched-resource": { mimeType: "text/plain", text: "Watched." },
};

const user = (part: object) => ({ role: "user", content: part });
const argument = (name: string) => ({ name, description: `The ${name}`, required: true });

interface TestPrompt {
  readonly arguments: readonly object[];
  readonly write: (args: Json) => object[];
}

const PROMPTS: Readonly<Record<string, TestPrompt>> = {
  test_simple_prompt: { arguments: [], write: () => [user(text("A simple prompt."))] },
  test_prompt_with_arguments: {
    arguments: [argument("arg1"), argument("arg2")],
    write: ({ arg1, arg2 }) => [user(text(`arg1='${String(arg1)}', arg2='${String(arg2)}'`))],
  },
  test_prompt_with_embedded_resource: {
    arguments: [argument("resourceUri")],
    write: ({ resourceUri }) => [user(embedded(String(resourceUri), "Embedded.")), user(text("Look at it."))],
  },
  test_prompt_with_image: { arguments: [], write: () => [user(image), user(text("Look at it."))] },
};

function known<T>(from: Readonly<Record<string, T>>, name: string): T {
  const found = from[name];
  if (found === undefined) throw new ProtocolError(INVALID_PARAMS, `there is no ${name}`);
  return found;
}

/** The tools, resources and prompts that the conformance suite asks a server for, over the product's own protocol code. */
export const conformanceFixture: Handle = () => ({
  initialized: () => undefined,
  rootsChanged: () => undefined,
  closed: () => undefined,
  answers: {
    "tools/list": async () => ({
      tools: Object.entries(TOOLS).map(([name, { inputSchema = NOTHING }]) => ({
        name,
        description: `For the scenario of ${name}`,
        inputSchema,
      })),
    }),
    "tools/call": async ({ name, arguments: args = {} }, exchange) => known(TOOLS, name).run(exchange, args),
    "resources/list": async () => ({
      resources: Object.keys(RESOURCES).map((uri) => ({ uri, name: uri, description: `The resource ${uri}` })),
    }),
    "resources/templates/list": async () => ({
      resourceTemplates: [{ uriTemplate: "test://template/{id}/data", name: "template" }],
    }),
    "resources/read": async ({ uri }) => {
      const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
      const made = id && { mimeType: "application/json", text: JSON.stringify({ id }) };
      return { contents: [{ uri, ...(made || known(RESOURCES, uri)) }] };
    },
    "resources/subscribe": async () => ({}),
    "resources/unsubscribe": async () => ({}),
    "prompts/list": async () => ({
      prompts: Object.entries(PROMPTS).map(([name, { arguments: all }]) => ({
        name,
        description: `For the scenario of ${name}`,
        arguments: all,
      })),
    }),
    "prompts/get": async ({ name, arguments: args = {} }) => ({ messages: known(PROMPTS, name).write(args) }),
    "completion/complete": async ({ argument: { value } }) => {
      const values = ["test", "tester"].filter((one) => one.startsWith(value));
      return { completion: { values, total: values.length, hasMore: false } };
    },
  },
});
