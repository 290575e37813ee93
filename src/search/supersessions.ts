import { targetAddress } from "../entry/relations.js";
import { addressOf, type Indexed } from "./indexed.js";

/** Which entries say that they take the place of which addresses; an archived entry takes nobody's place. */
export class Supersessions {
  readonly #byTarget = new Map<string, Set<Indexed>>();
  /** How many targets have a name: the cheap question that most entries answer with no. */
  readonly #names = new Map<string, number>();

  /** Whether there is any. */
  get any(): boolean {
    return this.#names.size > 0;
  }

  add(entry: Indexed): void {
    for (const target of targetsOf(entry)) {
      let sources = this.#byTarget.get(target);
      if (sources === undefined) {
        sources = new Set();
        this.#byTarget.set(target, sources);
        this.#names.set(nameOf(target), (this.#names.get(nameOf(target)) ?? 0) + 1);
      }
      sources.add(entry);
    }
  }

  remove(entry: Indexed): void {
    for (const target of targetsOf(entry)) {
      const sources = this.#byTarget.get(target);
      if (sources === undefined) continue;
      sources.delete(entry);
      if (sources.size > 0) continue;
      this.#byTarget.delete(target);
      const left = (this.#names.get(nameOf(target)) ?? 1) - 1;
      if (left > 0) this.#names.set(nameOf(target), left);
      else this.#names.delete(nameOf(target));
    }
  }

  /** The address of the entry that took this one's place, without scope when it is the same; the first by name if several did. */
  of(entry: Indexed): string | undefined {
    if (this.#names.size === 0 || !this.#names.has(entry.name)) return undefined;
    const own = addressOf(entry);
    const sources = [...(this.#byTarget.get(own) ?? [])].map((source) => ({ source, address: addressOf(source) }));
    const [first] = sources.filter(({ address }) => address !== own).sort((a, b) => (a.address < b.address ? -1 : 1));
    if (first === undefined) return undefined;
    return first.source.scope === entry.scope ? first.address.slice(entry.scope.length + 1) : first.address;
  }
}

function targetsOf(entry: Indexed): ReadonlySet<string> {
  const found = new Set<string>();
  if (entry.status === "archived") return found;
  for (const target of entry.supersedes ?? []) {
    const address = targetAddress(target, entry.scope);
    if (address !== undefined) found.add(address);
  }
  return found;
}

function nameOf(address: string): string {
  return address.slice(address.indexOf("/", address.indexOf(":")) + 1);
}
