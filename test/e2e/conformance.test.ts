import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectHttp } from "../../src/transports/mcp/protocol.js";
import { serveSession } from "../../src/transports/mcp/server.js";
import { parseToolsets } from "../../src/transports/mcp/toolsets.js";
import { conformance } from "../support/conformance.js";
import { conformanceFixture } from "../support/conformance-fixture.js";
import { type Front, serveFront } from "../support/http-front.js";
import { Bench } from "../support/memory.js";

const REVISION = ["--spec-version", "2025-11-25"];

describe("the protocol code under the conformance suite's own tools", () => {
  let front: Front;
  beforeAll(async () => {
    const info = { name: "fixture", version: "1.0.0", instructions: "For the conformance suite." };
    front = await serveFront((options) => connectHttp(info, conformanceFixture, options));
  });
  afterAll(() => front.close());

  it("passes everything that is asked of a server, pending scenarios too", async () => {
    const { status, output } = await conformance("server", "--url", front.url, "--suite", "all", ...REVISION);
    expect([status, output]).toEqual([0, expect.stringMatching(/Total: [1-9]\d* passed, 0 failed/)]);
  });
});

describe("the product under the conformance suite", () => {
  let bench: Bench;
  let front: Front;
  beforeAll(async () => {
    bench = await Bench.open();
    await bench.call("save", { title: "Use Postgres", content: "Invoices need transactions." });
    const options = {
      version: "1.0.0",
      toolsets: parseToolsets("all"),
      memory: async () => bench.memory,
      agent: undefined,
      shell: "git memory",
      log: () => undefined,
    };
    front = await serveFront((http) => serveSession({ ...options, session: http.id }, http));
  });
  afterAll(async () => {
    await front.close();
    await bench.close();
  });

  // All scenarios that ask for no tool, resource or prompt of the suite's own.
  it.each([
    "server-initialize",
    "logging-set-level",
    "ping",
    "completion-complete",
    "tools-list",
    "server-sse-multiple-streams",
    "resources-list",
    "prompts-list",
    "dns-rebinding-protection",
  ])("passes %s", async (scenario) => {
    const { status, output } = await conformance("server", "--url", front.url, "--scenario", scenario);
    expect([status, output]).toEqual([0, expect.stringMatching(/[1-9]\d*\/\d+ passed, 0 failed|Passed: [1-9]/)]);
  });
});
