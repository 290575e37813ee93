import type { ObjectReader } from "./objects.js";

/** A file in a tree. Modes are git's octal text: `100644`, `100755`, `120000`. */
export interface TreeFile {
  readonly oid: string;
  readonly mode: string;
}

interface RawEntry extends TreeFile {
  readonly name: string;
}

/** Where one entry stands in a tree's bytes. */
interface Span {
  readonly start: number;
  readonly space: number;
  readonly nul: number;
  readonly end: number;
}

type TreeReader = Pick<ObjectReader, "tree">;

const DIRECTORY = "40000";

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Walks the entries without decoding them: a flat folder can hold thousands. */
function* spans(buffer: Buffer, idBytes: number): Generator<Span> {
  for (let start = 0; start < buffer.length; ) {
    const space = buffer.indexOf(0x20, start);
    const nul = buffer.indexOf(0, space);
    const end = nul + 1 + idBytes;
    if (space < 0 || nul < 0 || end > buffer.length) throw new Error("a tree object is damaged");
    yield { start, space, nul, end };
    start = end;
  }
}

const decode = (buffer: Buffer, { start, space, nul, end }: Span): RawEntry => ({
  mode: buffer.toString("latin1", start, space),
  name: buffer.toString("utf8", space + 1, nul),
  oid: buffer.toString("hex", nul + 1, end),
});

function* entries(bytes: Uint8Array, idBytes: number): Generator<RawEntry> {
  const buffer = asBuffer(bytes);
  for (const span of spans(buffer, idBytes)) yield decode(buffer, span);
}

/** git sorts tree entries by bytes, a folder as if its name ended with `/`. */
const sortKey = (name: string, mode: string): Buffer => Buffer.from(mode === DIRECTORY ? `${name}/` : name);

function find(bytes: Uint8Array, name: string, idBytes: number): (RawEntry & Span) | undefined {
  const buffer = asBuffer(bytes);
  const wanted = Buffer.from(name);
  for (const span of spans(buffer, idBytes)) {
    if (span.nul - span.space - 1 !== wanted.length) continue;
    if (buffer.compare(wanted, 0, wanted.length, span.space + 1, span.nul) === 0)
      return { ...span, ...decode(buffer, span) };
  }
  return undefined;
}

const idBytesOf = (root: string): number => root.length / 2;

/** The file or folder at `path` below tree `root`; undefined when there is none or an object is not there. */
export async function lookup(reader: TreeReader, root: string, path: string): Promise<TreeFile | undefined> {
  let at: TreeFile = { oid: root, mode: DIRECTORY };
  for (const segment of path.split("/")) {
    if (at.mode !== DIRECTORY) return undefined;
    const bytes = await reader.tree(at.oid);
    const entry = bytes && find(bytes, segment, idBytesOf(root));
    if (!entry) return undefined;
    at = { oid: entry.oid, mode: entry.mode };
  }
  return at;
}

/** Every file below `folder` (without trailing slash, empty for all), path → file; paths from the tree's root. */
export async function listFiles(reader: TreeReader, root: string, folder = ""): Promise<Map<string, TreeFile>> {
  const found = new Map<string, TreeFile>();
  const start = folder === "" ? { oid: root, mode: DIRECTORY } : await lookup(reader, root, folder);
  const walk = async (oid: string, prefix: string): Promise<void> => {
    const bytes = await reader.tree(oid);
    if (!bytes) return;
    for (const { mode, name, oid: id } of entries(bytes, idBytesOf(root))) {
      if (mode === DIRECTORY) await walk(id, `${prefix}${name}/`);
      else found.set(prefix + name, { oid: id, mode });
    }
  };
  if (start?.mode === DIRECTORY) await walk(start.oid, folder === "" ? "" : `${folder}/`);
  return found;
}

/** A file that differs between two trees; undefined = not there. */
export interface TreeDifference {
  readonly path: string;
  readonly before: TreeFile | undefined;
  readonly after: TreeFile | undefined;
}

/** Files that differ below `folder`, reading only the subtrees that differ. `undefined` trees count as empty. */
export async function compareTrees(
  reader: TreeReader,
  a: string | undefined,
  b: string | undefined,
  folder = "",
): Promise<TreeDifference[]> {
  const start = async (root: string | undefined) =>
    root === undefined || folder === "" ? root : (await lookup(reader, root, folder))?.oid;
  const differences: TreeDifference[] = [];
  const children = async (oid: string | undefined): Promise<Map<string, RawEntry>> => {
    const bytes = oid === undefined ? undefined : await reader.tree(oid);
    return new Map(bytes ? [...entries(bytes, idBytesOf(oid!))].map((entry) => [entry.name, entry]) : []);
  };
  const walk = async (left: string | undefined, right: string | undefined, prefix: string): Promise<void> => {
    if (left === right) return;
    const [before, after] = [await children(left), await children(right)];
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      const [x, y] = [before.get(name), after.get(name)];
      if (x?.oid === y?.oid && x?.mode === y?.mode) continue;
      const folderOf = (entry: RawEntry | undefined) => (entry?.mode === DIRECTORY ? entry.oid : undefined);
      const fileOf = (entry: RawEntry | undefined) =>
        entry && entry.mode !== DIRECTORY ? { oid: entry.oid, mode: entry.mode } : undefined;
      if (folderOf(x) || folderOf(y)) await walk(folderOf(x), folderOf(y), `${prefix}${name}/`);
      if (fileOf(x) || fileOf(y))
        differences.push({
          path: prefix + name,
          before: fileOf(x),
          after: fileOf(y),
        });
    }
  };
  await walk(await start(a), await start(b), folder === "" ? "" : `${folder}/`);
  return differences;
}

function spliceOne(bytes: Uint8Array, name: string, next: TreeFile | undefined, idBytes: number): Buffer {
  const buffer = asBuffer(bytes);
  const record = next
    ? Buffer.concat([Buffer.from(`${next.mode} ${name}\0`), Buffer.from(next.oid, "hex")])
    : Buffer.alloc(0);
  const old = find(bytes, name, idBytes);
  if (old && (!next || (old.mode === DIRECTORY) === (next.mode === DIRECTORY)))
    return Buffer.concat([buffer.subarray(0, old.start), record, buffer.subarray(old.end)]);
  const rest = old ? Buffer.concat([buffer.subarray(0, old.start), buffer.subarray(old.end)]) : buffer;
  if (!next) return rest;
  const key = sortKey(name, next.mode);
  let at = rest.length;
  for (const span of spans(rest, idBytes)) {
    // Up to the first difference the bytes decide; a name that ours starts with needs the folder rule.
    const length = Math.min(span.nul - span.space - 1, key.length);
    if (rest.compare(key, 0, length, span.space + 1, span.space + 1 + length) < 0) continue;
    const entry = decode(rest, span);
    if (Buffer.compare(sortKey(entry.name, entry.mode), key) < 0) continue;
    at = span.start;
    break;
  }
  return Buffer.concat([rest.subarray(0, at), record, rest.subarray(at)]);
}

/** From so many changes on a tree is taken apart and put together once: splicing each would go through all of it each time. */
const MANY = 16;

/** A tree's bytes with several entries set or removed; every other entry keeps its bytes. */
function spliceMany(bytes: Uint8Array, changes: ReadonlyMap<string, TreeFile | undefined>, idBytes: number): Buffer {
  const buffer = asBuffer(bytes);
  // As latin1 each byte is one character: names that are no UTF-8 stay what they are, and texts sort as bytes do.
  const records = new Map<string, { readonly key: string; readonly record: Buffer }>();
  const set = (name: string, mode: string, record: Buffer): void => {
    records.set(name, { key: mode === DIRECTORY ? `${name}/` : name, record });
  };
  for (const span of spans(buffer, idBytes)) {
    const name = buffer.toString("latin1", span.space + 1, span.nul);
    set(name, buffer.toString("latin1", span.start, span.space), buffer.subarray(span.start, span.end));
  }
  for (const [text, next] of changes) {
    const name = Buffer.from(text).toString("latin1");
    if (next)
      set(
        name,
        next.mode,
        Buffer.concat([Buffer.from(`${next.mode} ${name}\0`, "latin1"), Buffer.from(next.oid, "hex")]),
      );
    else records.delete(name);
  }
  const sorted = [...records.values()].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return Buffer.concat(sorted.map(({ record }) => record));
}

function spliceAll(bytes: Uint8Array, changes: ReadonlyMap<string, TreeFile | undefined>, idBytes: number): Uint8Array {
  if (changes.size >= MANY) return spliceMany(bytes, changes, idBytes);
  let spliced = bytes;
  for (const [name, next] of changes) spliced = spliceOne(spliced, name, next, idBytes);
  return spliced;
}

interface TreeWriter extends TreeReader {
  add(type: "tree", bytes: Uint8Array): string;
}

/**
 * The tree that results from setting (or, with undefined, removing) files in `root`: only the trees along the paths
 * are made anew, spliced as bytes. Folders that end up empty go. Undefined = nothing is left.
 */
export async function spliceTree(
  writer: TreeWriter,
  root: string | undefined,
  changes: ReadonlyMap<string, TreeFile | undefined>,
): Promise<string | undefined> {
  const old = root === undefined ? new Uint8Array() : await writer.tree(root);
  if (!old) throw new Error(`tree ${root} is not in the object store`);
  const here = new Map<string, TreeFile | undefined>();
  const below = new Map<string, Map<string, TreeFile | undefined>>();
  for (const [path, file] of changes) {
    const slash = path.indexOf("/");
    if (slash < 0) here.set(path, file);
    else {
      const name = path.slice(0, slash);
      const inside = below.get(name) ?? new Map<string, TreeFile | undefined>();
      below.set(name, inside.set(path.slice(slash + 1), file));
    }
  }
  let bytes = spliceAll(old, here, 20);
  for (const [name, inside] of below) {
    const entry = find(bytes, name, 20);
    const oid = await spliceTree(writer, entry?.mode === DIRECTORY ? entry.oid : undefined, inside);
    // Removing below something that is no folder leaves it alone.
    if (oid === undefined && entry && entry.mode !== DIRECTORY) continue;
    bytes = spliceOne(bytes, name, oid === undefined ? undefined : { oid, mode: DIRECTORY }, 20);
  }
  return bytes.length === 0 ? undefined : writer.add("tree", bytes);
}
