// A sync with 1,000 changed entries of 2,000: `node --import tsx test/bench/sync.ts`.
import fs from "node:fs";
import path from "node:path";
import { type Clones, commit, copyOf, makeClones, openClone } from "../support/clones.js";
import { serveGit } from "../support/git-http.js";
import { GIT_ENV, git } from "../support/repositories.js";
import { makeEntries } from "./corpus.js";

const [ENTRIES, CHANGED] = [2_000, 1_000];
const TOKEN = "a-token-of-the-bench";

const made = makeEntries(ENTRIES, false);
const changed = made.slice(0, CHANGED);
const withField = (file: string): string => file.replace(/\n---\n/, "\nsource: a change of one side\n---\n");

const report = (what: string, begin: number, more = ""): void =>
  console.log(`${what}: ${((performance.now() - begin) / 1_000).toFixed(2)} s${more}`);

async function measure(clones: Clones, how: string, noGit: boolean, tokens: Record<string, string>): Promise<void> {
  const [a, b] = [clones.a, clones.b];
  commit(b, Object.fromEntries(changed.map(({ path: file, file: text }) => [file, withField(text)])));
  const options = { noGit, env: { ...GIT_ENV, ...tokens } };
  const [ada, bob] = [await openClone(a, options), await openClone(b, options)];
  let begin = performance.now();
  await bob.store.sync.push();
  report(`${how}, push of ${CHANGED} changed`, begin);
  begin = performance.now();
  const { pulled } = await ada.store.sync.pull();
  report(`${how}, pull forward`, begin, `, ${pulled} files`);
  commit(
    a,
    Object.fromEntries(
      changed.map(({ path: file }) => [file, `${fs.readFileSync(path.join(a, file), "utf8")}\nA line of one side.\n`]),
    ),
  );
  commit(
    b,
    Object.fromEntries(
      changed.map(({ path: file }) => [
        file,
        fs.readFileSync(path.join(b, file), "utf8").replace("of one side", "of both"),
      ]),
    ),
  );
  await ada.store.sync.push();
  begin = performance.now();
  const met = await bob.store.sync.pull();
  report(
    `${how}, pull and merge`,
    begin,
    `, ${met.merged} files changed on both sides, ${met.conflicts.length} conflicts`,
  );
  await Promise.all([ada.store.close(), bob.store.close()]);
}

const clones = makeClones(Object.fromEntries(made.map(({ path: file, file: text }) => [file, text])));
const [plain, web] = [copyOf(clones), copyOf(clones)];
try {
  commit(plain.b, Object.fromEntries(changed.map(({ path: file, file: text }) => [file, withField(text)])));
  let begin = performance.now();
  git(plain.b, "push", "-q");
  report("git push", begin);
  begin = performance.now();
  git(plain.a, "pull", "-q");
  report("git pull", begin);
  await measure(clones, "with git", false, {});
  const served = await serveGit(web.folder, TOKEN);
  git(web.remote, "config", "http.receivepack", "true");
  for (const dir of [web.a, web.b]) git(dir, "remote", "set-url", "origin", `${served.url}/remote.git`);
  await measure(web, "without git, over HTTP", true, { GIT_MEMORY_TOKEN: TOKEN });
  await served.close();
} finally {
  for (const { folder } of [clones, plain, web]) fs.rmSync(folder, { recursive: true, force: true });
}
