import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import { MemoryError } from "../../errors.js";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** True for an address of this machine alone: 127.0.0.0/8 or ::1. */
export function isLoopback(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && LOOPBACK.check(address, family === 6 ? "ipv6" : "ipv4");
}

/** The address to listen on for a `--host`. Throws `forbidden` for one that others could reach. */
export function loopbackAddress(host: string): string {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  if (bare.toLowerCase() === "localhost") return "127.0.0.1";
  if (isLoopback(bare)) return bare;
  throw new MemoryError(
    "forbidden",
    `--host ${host} could be reached by others, and this server cannot ask who calls: authentication does not exist yet. It listens on 127.0.0.1, ::1 or localhost only; an SSH tunnel reaches it from elsewhere.`,
    { field: "host" },
  );
}

const isLocalName = (name: string): boolean =>
  name === "localhost" || isLoopback(name.startsWith("[") ? name.slice(1, -1) : name);

/** Host as browsers and clients write it: a name or an address, then perhaps a port. */
const HOST = /^(\[[0-9a-f:.]+\]|[^:[\]/@\s]+)(?::(\d{1,5}))?$/i;

function isOurHost(host: string, port: number | undefined): boolean {
  const [, name = "", written = "80"] = HOST.exec(host) ?? [];
  return isLocalName(name.toLowerCase()) && Number(written) === port;
}

function isLocalOrigin(origin: string): boolean {
  // Only what a browser sends: scheme, name, port, and nothing behind.
  const [, name = ""] = /^https?:\/\/(\[[0-9a-f:.]+\]|[^:[\]/@\s]+)(?::\d{1,5})?$/i.exec(origin) ?? [];
  return isLocalName(name.toLowerCase());
}

const foreign = (header: string): MemoryError =>
  new MemoryError(
    "forbidden",
    `This server answers programs on its own machine only, and the ${header} header names another. Call it as http://127.0.0.1 or http://localhost with its port.`,
    { header: header.toLowerCase() },
  );

/**
 * Refuses (`forbidden`) a request that a web page of strangers could have made: a Host that is not ours (DNS
 * rebinding), or an Origin elsewhere. Refuses (`invalid_input`) a target that is no path.
 */
export function checkOrigin({ headers, headersDistinct, socket, url }: IncomingMessage): void {
  const [host, ...more] = headersDistinct.host ?? [];
  if (host === undefined || more.length > 0 || !isOurHost(host, socket.localPort)) throw foreign("Host");
  if (headers.origin !== undefined && !isLocalOrigin(headers.origin)) throw foreign("Origin");
  if (!url?.startsWith("/"))
    throw new MemoryError("invalid_input", "The request has to name a path, such as /v1/search.");
}
