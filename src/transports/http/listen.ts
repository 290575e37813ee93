import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { MemoryError } from "../../errors.js";
import { isLoopback } from "./guard.js";

/** A server that listens. */
export interface Listening {
  readonly address: string;
  readonly port: number;
  /** Takes no more requests, gives open ones a moment, then cuts them off. */
  readonly close: () => Promise<void>;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

interface Limits {
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  readonly keepAliveTimeout: number;
  readonly connectionsCheckingInterval: number;
}

/** In milliseconds; a client that sends a byte now and then holds a connection no longer than this. */
const LIMITS: Limits = {
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2_000,
};
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_CONNECTIONS = 512;
/** How long a request that is being answered may take when the server ends, in milliseconds. */
const GRACE_MS = 400;

const SAID: Readonly<Record<string, readonly [status: string, code: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [
    "431 Request Header Fields Too Large",
    "too_large",
    "The request's address or headers are too long.",
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", "invalid_input", "The request did not arrive in time."],
};
const MALFORMED = ["400 Bad Request", "invalid_input", "The request is not valid HTTP."] as const;

/** Answers what Node's parser refused, in the shape of every other error. */
function answerMalformed(error: Error & { code?: string }, socket: Socket): void {
  // Bytes after an answer that has begun would only garble it.
  const begun = (Reflect.get(socket, "_httpMessage") as ServerResponse | undefined)?.headersSent === true;
  if (!socket.writable || begun) {
    socket.destroy();
    return;
  }
  const [status, code, message] = SAID[error.code ?? ""] ?? MALFORMED;
  const body = JSON.stringify({ error: { code, message, data: {} } });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why: Readonly<Record<string, string>> = {
        EADDRINUSE: `Port ${port} is taken, perhaps by another server of this program. Choose another with --port, or 0 for any.`,
        EACCES: `Port ${port} is not allowed to you. Choose one above 1023 with --port.`,
        EADDRNOTAVAIL: `This machine has no address ${host}. Choose another with --host.`,
      };
      reject(
        new MemoryError(
          "unavailable",
          why[error.code ?? ""] ?? `The server cannot listen on ${host}.`,
          {},
          { cause: error },
        ),
      );
    });
    server.listen({ host, port, exclusive: true }, resolve);
  });
}

/** Listens on a loopback address; port 0 takes a free one. Throws `unavailable` when the address is taken. */
export async function listen(handler: Handler, host: string, port: number, limits = LIMITS): Promise<Listening> {
  const { createServer } = await import("node:http");
  const server = createServer({ ...limits, maxHeaderSize: MAX_HEADER_BYTES }, handler);
  server.maxConnections = MAX_CONNECTIONS;
  server.on("clientError", answerMalformed);
  await bind(server, host, port);
  const bound = server.address();
  if (bound === null || typeof bound === "string" || !isLoopback(bound.address)) {
    server.close();
    throw new MemoryError("forbidden", "The server would listen where others could reach it, so it does not.");
  }
  return {
    address: bound.address,
    port: bound.port,
    close: async () => {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      // What is kept alive after its last answer would hold the end up.
      const sweep = setInterval(() => server.closeIdleConnections(), 10);
      const cut = setTimeout(() => server.closeAllConnections(), GRACE_MS);
      await closed;
      clearInterval(sweep);
      clearTimeout(cut);
    },
  };
}
