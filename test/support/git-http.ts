import { spawn } from "node:child_process";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { GIT_ENV } from "./repositories.js";

/** A repository served over HTTP on loopback, as a hosting site does. */
export interface GitHttp {
  readonly url: string;
  /** Paths of the requests so far, with the user that each came as. */
  readonly requests: string[];
  /** Breaks the connection in the middle of the next answer to a request whose path contains this. */
  drop: string | undefined;
  /** Runs before the next push is taken. */
  beforePush: (() => void) | undefined;
  /** The next push is answered with this status. */
  refuse: number | undefined;
  close(): Promise<void>;
}

/** Serves the bare repositories in a folder through `git http-backend`; `token` is what callers have to show. */
export async function serveGit(folder: string, token: string): Promise<GitHttp> {
  const served: Omit<GitHttp, "url" | "close"> = {
    requests: [],
    drop: undefined,
    beforePush: undefined,
    refuse: undefined,
  };
  const server = http.createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? "/", "http://localhost");
    const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const [user = "", password] = Buffer.from(basic, "base64").toString("utf8").split(":");
    served.requests.push(`${request.method} ${pathname}${search} as ${user || "nobody"}`);
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      if (password !== token) {
        response.writeHead(401, { "WWW-Authenticate": 'Basic realm="git"' }).end("who are you?");
        return;
      }
      const pushes = pathname.endsWith("/git-receive-pack");
      if (pushes && served.refuse) {
        response.writeHead(served.refuse).end("no");
        served.refuse = undefined;
        return;
      }
      if (pushes) {
        const before = served.beforePush;
        served.beforePush = undefined;
        before?.();
      }
      const drops = served.drop !== undefined && `${pathname}${search}`.includes(served.drop);
      if (drops) served.drop = undefined;
      const child = spawn("git", ["http-backend"], {
        env: {
          ...GIT_ENV,
          GIT_PROJECT_ROOT: folder,
          GIT_HTTP_EXPORT_ALL: "1",
          PATH_INFO: pathname,
          QUERY_STRING: search.slice(1),
          REQUEST_METHOD: request.method,
          CONTENT_TYPE: request.headers["content-type"] ?? "",
          REMOTE_USER: user,
          REMOTE_ADDR: "127.0.0.1",
        },
      });
      const out: Buffer[] = [];
      child.stdout.on("data", (part: Buffer) => out.push(part));
      child.on("close", () => {
        const whole = Buffer.concat(out);
        const end = whole.indexOf("\r\n\r\n");
        const headers = whole.toString("latin1", 0, end).split("\r\n");
        const status = headers.find((line) => line.startsWith("Status: "))?.slice(8, 11) ?? "200";
        const body = whole.subarray(end + 4);
        for (const line of headers.filter((one) => !one.startsWith("Status: "))) {
          const [name = "", value = ""] = line.split(/: (.*)/s);
          response.setHeader(name, value);
        }
        response.writeHead(Number(status));
        if (!drops) response.end(body);
        else response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
      });
      child.stdin.on("error", () => undefined);
      child.stdin.end(Buffer.concat(parts));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(served, {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}
