const WITH_PROTOCOL = /^(https?|ssh|git|git\+ssh|ssh\+git):\/\/(?:[^@/]*@)?(\[[^\]]*\]|[^/:]+)(?::(\d+))?\/(.*)$/i;
// One letter before the colon is a drive of Windows.
const SCP_LIKE = /^(?:[^@/\\:]+@)?(\[[^\]]*\]|[^/\\:]{2,}):(?!\/\/)(.*)$/;
const USUAL_PORTS: Readonly<Record<string, string>> = { http: "80", https: "443" };

/**
 * The key under which addresses of one git repository are equal: `git@host:a/b.git`, `ssh://host/a/b` and `https://host/a/b/`
 * have one. User, letter case, a closing `.git` or slash and the ports of ssh and git do not count; other ports do.
 */
export function remoteKey(url: string): string {
  const text = url.trim();
  const full = WITH_PROTOCOL.exec(text);
  if (full) {
    const [, protocol = "", host = "", port, path = ""] = full;
    const web = protocol.toLowerCase().startsWith("http");
    const counts = web && port !== undefined && port !== USUAL_PORTS[protocol.toLowerCase()];
    return onHost(counts ? `${host}:${port}` : host, path);
  }
  const short = SCP_LIKE.exec(text);
  if (short) return onHost(short[1]!, short[2]!);
  // A path on this machine, where letter case may count.
  return bare(text.replace(/^file:\/\//i, "")) || "/";
}

const onHost = (host: string, path: string): string => `${host}/${bare(path.replace(/^\/+/, ""))}`.toLowerCase();

const bare = (path: string): string =>
  path
    .replace(/\/+$/, "")
    .replace(/\.git$/i, "")
    .replace(/\/+$/, "");

/** True for an address with a password or token in it (`https://user:word@host/…`). */
export function hasPassword(url: string): boolean {
  return /^[a-z+]+:\/\/[^@/]*:[^@/]*@/i.test(url.trim());
}

/** The address without the user and password of a web address, which may be a token and are nobody else's business. */
export const withoutPassword = (url: string): string =>
  url
    .trim()
    .replace(/^(https?:\/\/)[^@/]*@/i, "$1")
    .replace(/^([a-z+]+:\/\/[^@/:]*):[^@/]*@/i, "$1@");
