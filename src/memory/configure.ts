import { isPersonal, type ResolvedSettings, readSetting, type SettingKey } from "../config/settings.js";
import { MANIFEST_FILE, rewriteManifest } from "../entry/manifest.js";
import { MemoryError } from "../errors.js";
import type { CommitMode } from "../store/context.js";
import type { Store } from "../store/store.js";
import type { Caller } from "./caller.js";
import type { Memory } from "./memory.js";
import { PERSONAL } from "./workspace.js";

/** How a store commits under these settings: where review is required, nothing reaches a branch by itself. */
export const modeOf = ({ commit, review }: ResolvedSettings): CommitMode =>
  review.value === "required" ? "journal" : commit.value;

/** What is to be written about one setting. */
export interface NewSetting {
  readonly key: SettingKey;
  /** Undefined takes it away: then the next place, or the default, counts. */
  readonly value: string | undefined;
  /** True writes it to the person's own manifest. */
  readonly personal: boolean;
}

/**
 * Writes a setting to the store's manifest, or the person's, every other byte of which stays. Throws `invalid_input` for a
 * wrong value or place, `not_found` where the person has no store.
 */
export async function configure(memory: Memory, setting: NewSetting, caller: Caller): Promise<void> {
  const { key, personal } = setting;
  const meant = setting.value === undefined ? null : readSetting(key, setting.value);
  const main = await memory.store();
  if (isPersonal(key) && !personal && main.name !== PERSONAL)
    throw new MemoryError(
      "invalid_input",
      `${key} is yours to say, not the project's, so nothing was written. Pass personal: true for your own ${MANIFEST_FILE}, or set GIT_MEMORY_${key.toUpperCase()}.`,
      { setting: key },
    );
  if (!personal) return writeSetting(main, key, meant, caller);
  // It may have come into being since.
  await memory.fresh();
  const own = memory.workspace.get(PERSONAL)?.store;
  if (own) {
    await writeSetting(own, key, meant, caller);
    // It may say how the project's store commits, too.
    return main.reload();
  }
  throw new MemoryError(
    "not_found",
    `You have no store of your own yet, so nothing was written. [[save]] with scope personal makes one; then call again.`,
    { setting: key, missing: "personal" },
  );
}

async function writeSetting(store: Store, key: SettingKey, meant: unknown, caller: Caller): Promise<void> {
  await store.exclusive(async (session) => {
    const current = await session.read(MANIFEST_FILE);
    const after = current && rewriteManifest(current.bytes, key, meant);
    if (!after)
      throw new MemoryError("invalid_input", `${MANIFEST_FILE} cannot be changed. Set ${key} in it with an editor.`, {
        key,
      });
    if (Buffer.compare(after, current.bytes) === 0) return;
    await session.write([{ path: MANIFEST_FILE, after, op: "updated" }], {
      op: "updated",
      subject: `memory: ${meant === null ? "unset" : "set"} ${key}`,
      ...caller,
    });
  });
  await store.reload();
}
