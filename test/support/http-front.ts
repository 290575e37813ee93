import { randomUUID } from "node:crypto";
import http from "node:http";
import type { AddressInfo } from "node:net";
import type { HttpSession, HttpSessionOptions } from "../../src/transports/mcp/protocol.js";

/** Something that serves sessions at `url` until it is closed. */
export interface Front {
  readonly url: string;
  readonly close: () => Promise<void>;
}

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

async function bodyOf(request: http.IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

/** The least front that Streamable HTTP needs: one path, sessions, and a guard against DNS rebinding. */
export async function serveFront(open: (options: HttpSessionOptions) => Promise<HttpSession>): Promise<Front> {
  const sessions = new Map<string, HttpSession>();
  const server = http.createServer(async (request, response) => {
    const { host = "", origin } = request.headers;
    const refuse = (status: number): void => void response.writeHead(status).end();
    if (!LOOPBACK.test(host) || (origin !== undefined && !LOOPBACK.test(origin.replace(/^https?:\/\//, ""))))
      return refuse(403);
    if (request.url !== "/mcp") return refuse(404);
    const body = request.method === "POST" ? await bodyOf(request) : undefined;
    const id = request.headers["mcp-session-id"];
    let session = typeof id === "string" ? sessions.get(id) : undefined;
    if (typeof id === "string" && !session) return refuse(404);
    if (!session) {
      const fresh = randomUUID();
      session = await open({ id: fresh, json: false, closed: () => void sessions.delete(fresh) });
      sessions.set(fresh, session);
    }
    await session.handle(request, response, body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/mcp`,
    close: async () => {
      await Promise.all([...sessions.values()].map((session) => session.close()));
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
