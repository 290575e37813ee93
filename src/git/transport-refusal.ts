import { MemoryError } from "../errors.js";
import type { Remote } from "./remote.js";

/** Brings commits from a remote and to it. Throws MemoryError; nothing of what is here is lost then. */
export interface Transport {
  /** Fetches the remote's branch and gives its commit; undefined = the remote has no such branch. */
  fetch(remote: Remote): Promise<string | undefined>;
  /** Pushes the checked-out branch, which is at `commit`, never by force; `moved` = somebody else pushed before. */
  push(remote: Remote, commit: string, ref: string): Promise<"pushed" | "moved">;
}

type Cause = "unauthenticated" | "forbidden" | "absent" | "rejected" | "unreachable" | "insecure" | "git-only";

/** The error for a remote that does not do what is asked; in our own words, since those of others may hold secrets. */
export function refusal(remote: Remote, verb: "fetch" | "push", cause: Cause): MemoryError {
  const done = verb === "fetch" ? "Nothing was fetched" : "Nothing was pushed, everything is kept here";
  const { name } = remote;
  const data = { remote: name, url: remote.url };
  const look = `\`git ${verb} ${name}\` tells what it says.`;
  switch (cause) {
    case "unauthenticated":
      return new MemoryError(
        "unauthenticated",
        `${done}: ${name} does not accept who we are. With the git program set up its credentials or SSH key; without it put a valid token into GIT_MEMORY_TOKEN.`,
        data,
      );
    case "forbidden":
      return new MemoryError("forbidden", `${done}: ${name} does not allow it for this user or token.`, data);
    case "absent":
      return new MemoryError("not_found", `${done}: there is no repository at the address of ${name}. ${look}`, data);
    case "rejected":
      return new MemoryError(
        "forbidden",
        `${done}: ${name} refused the branch ${remote.branch.replace(/^refs\/heads\//, "")}; it may be protected. ${look}`,
        data,
      );
    case "insecure":
      return new MemoryError(
        "forbidden",
        `${done}: ${name} asks for a token over plain HTTP, where anybody could read it. Use its https:// address.`,
        data,
      );
    case "git-only":
      return new MemoryError(
        "unavailable",
        `${done}: the address of ${name} is none of http:// or https://, which needs the git program. Install git, or set GIT_MEMORY_GIT to where it is.`,
        data,
      );
    case "unreachable":
      return new MemoryError("unavailable", `${done}: ${name} could not be reached. Try again later; ${look}`, data);
  }
}
