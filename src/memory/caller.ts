import type { Person } from "../git/identity.js";

/** Who calls, and why: what a write is recorded with. */
export interface Caller {
  readonly agent?: string;
  readonly session?: string;
  readonly author?: Person;
}
