import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readToml, removeTomlTable, setTomlTable } from "../../src/setup/toml-edit.js";
import "../support/properties.js";

const KEYS = { command: "npx", args: ["-y", "git-memory@0", "mcp"] };
const set = (text: string) => setTomlTable(text, "mcp_servers", "git-memory", KEYS);
const remove = (text: string) => removeTomlTable(text, "mcp_servers", "git-memory");
const valueIn = (text: string) => {
  const read = readToml(text);
  if (read.kind === "fault") throw new Error(`${read.reason}: ${text}`);
  return read.value;
};

const piece = fc.constantFrom(
  '[mcp_servers.other]\ncommand = "x"\n',
  '[mcp_servers.other2]\ncommand = "y" # why\n[mcp_servers.other2.env]\nA = "b"\n',
  "[[profiles]]\nname = 'p'\n",
  'text = """\n[mcp_servers.git-memory-not]\n"""\n',
  "# only a comment\n",
  "\n\n",
  "[dates]\nat = 2024-03-05T06:07:08Z\n",
  'list = [\n  ["a"],\n  ["b"]\n]\n',
);
const texts = fc
  .record({ head: fc.constantFrom("", 'model = "m"\n', "# mine\n"), parts: fc.uniqueArray(piece, { maxLength: 5 }) })
  .map(({ head, parts }) => head + parts.sort((a, b) => Number(a.startsWith("[")) - Number(b.startsWith("["))).join(""))
  .filter((text) => readToml(text).kind === "value");

describe("a table in TOML", () => {
  it("is added and taken away without another byte changed", () => {
    fc.assert(
      fc.property(texts, fc.boolean(), fc.boolean(), (source, crlf, cut) => {
        const ended = cut ? source.replace(/\n+$/, "") : source;
        const text = crlf ? ended.replaceAll("\n", "\r\n") : ended;
        const added = set(text)!;
        const before = valueIn(text);
        const others = before.mcp_servers as Record<string, unknown> | undefined;
        expect(valueIn(added)).toEqual({ ...before, mcp_servers: { ...others, "git-memory": KEYS } });
        expect(added.startsWith(text)).toBe(true);
        expect(remove(added)).toBe(text);
      }),
    );
  });

  it("is brought up to date in place, with whatever a person added", () => {
    const text =
      '# mine\n[mcp_servers."git-memory"] # ours\n  command = "npx" # run\n  args = ["-y", "git-memory@7", "mcp"]\nstartup_timeout_sec = 20\n\n[mcp_servers.git-memory.env]\nA = "b"\n\n# next\n[other]\nx = 1\n';
    const after = setTomlTable(text, "mcp_servers", "git-memory", { args: KEYS.args })!;
    expect(after).toBe(text.replace("@7", "@0"));
    expect(remove(text)).toBe("# mine\n\n# next\n[other]\nx = 1\n");
    const crlf = text.replaceAll("\n", "\r\n");
    expect(setTomlTable(crlf, "mcp_servers", "git-memory", { args: KEYS.args })).toBe(crlf.replace("@7", "@0"));
  });

  it("is left alone where lines cannot do it", () => {
    expect(set('mcp_servers = { other = { command = "x" } }\n')).toBeUndefined();
    const dotted = '[mcp_servers]\ngit-memory = { command = "npx", args = ["-y", "git-memory@7", "mcp"] }\n';
    expect(set(dotted)).toBeUndefined();
    expect(remove(dotted)).toBeUndefined();
    const split = '[mcp_servers.git-memory]\nargs = [\n  "-y",\n  "git-memory@7",\n  "mcp",\n]\n';
    expect(setTomlTable(split, "mcp_servers", "git-memory", { args: KEYS.args })).toBeUndefined();
    expect(remove(split)).toBe("");
    expect(set("a = \n")).toBeUndefined();
    expect(readToml("a = 1\nb = \n")).toMatchObject({ kind: "fault", line: 2 });
  });
});
