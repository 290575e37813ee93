import fs from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { checkWatches } from "../../src/setup/checks/watches.js";
import { put, temporaryFolder } from "../support/repositories.js";

const dir = temporaryFolder();
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

const look = async (watches: number, instances: number) => {
  put(path.join(dir, "limits/max_user_watches"), `${watches}\n`);
  put(path.join(dir, "limits/max_user_instances"), `${instances}\n`);
  return checkWatches(path.join(dir, "store"), path.join(dir, "limits"));
};

describe("the limits of watching", () => {
  it("are held against the folders of the store", async () => {
    for (const name of ["a/b/c", "d", ".state/x"]) put(path.join(dir, "store", name, "e.md"), "");
    expect(await look(40, 128)).toMatchObject([{ status: "ok", message: expect.stringContaining("5 folders") }]);
    expect(await look(39, 128)).toMatchObject([
      { status: "warning", fix: "sudo sysctl fs.inotify.max_user_watches=524288" },
    ]);
    expect(await look(39, 8)).toMatchObject([
      { fix: expect.stringMatching(/max_user_watches=\d+ fs\.inotify\.max_user_instances=512$/) },
    ]);
  });

  it("are nothing where the system has none", async () => {
    expect(await checkWatches(path.join(dir, "store"), path.join(dir, "nowhere"))).toEqual([]);
  });
});
