import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectHttp } from "../../src/transports/mcp/protocol.js";
import { conformance } from "../support/conformance.js";
import { conformanceFixture } from "../support/conformance-fixture.js";
import { type Front, serveFront } from "../support/http-front.js";
import { entryText, makeCheckedInStore, put } from "../support/repositories.js";
import { ServeProcess } from "../support/serve.js";

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

describe("git memory serve under the conformance suite", () => {
  let dir: string;
  let server: ServeProcess;
  beforeAll(async () => {
    dir = makeCheckedInStore();
    put(path.join(dir, ".memory/memories/use-postgres.md"), entryText("Use Postgres"));
    server = await ServeProcess.start(dir, ["--toolsets", "all"]);
  });
  afterAll(async () => {
    await server.stop();
    fs.rmSync(dir, { recursive: true, force: true });
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
    const { status, output } = await conformance("server", "--url", `${server.url}/mcp`, "--scenario", scenario);
    expect([status, output]).toEqual([0, expect.stringMatching(/[1-9]\d*\/\d+ passed, 0 failed|Passed: [1-9]/)]);
  });
});
