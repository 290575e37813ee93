import fs from "node:fs"; import path from "node:path";
import { makeCheckedInStore, makeOwnStore, openStore, put, git, write } from "/work/main/test/support/repositories.js";
const n = Number(process.argv[2] ?? 1000); const mode = process.argv[3] ?? "journal";
const dir = mode === "each" ? makeOwnStore() : makeCheckedInStore();
const root = mode === "each" ? dir : path.join(dir, ".memory");
const body = "word ".repeat(120);
for (let i = 0; i < n; i++) put(path.join(root, `memories/d${Math.floor(i / 1000)}/e${i}.md`), `---\ntitle: Entry ${i}\n---\n\n${body}${i}\n`);
git(dir, "add", "."); git(dir, "commit", "-qm", "entries");
let t = performance.now();
const store = await openStore(dir, { watch: false });
console.log(mode, n, "open", Math.round(performance.now() - t));
const times: number[] = [];
const count = Number(process.argv[4] ?? 60);
for (let i = 0; i < count; i++) {
  t = performance.now();
  const w = await write(store, `memories/d${i % Math.max(1, Math.floor(n/1000))}/${i % 2 ? "new" : "e"}${i}.md`, `---\ntitle: New ${i}\n---\n\n${body}new ${i}\n`);
  times.push(performance.now() - t);
  if (mode === "each" && !w.commit) console.log(w);
}
times.sort((a, b) => a - b);
console.log("save p50", times[count >> 1]!.toFixed(1), "p90", times[Math.floor(count * 0.9)]!.toFixed(1), "max", times.at(-1)!.toFixed(1));
await store.close(); fs.rmSync(dir, { recursive: true, force: true });
