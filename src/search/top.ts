/** Keeps the first `count` of the items it is offered, in the order of `before` (true when `a` goes before `b`): a heap, no sort of the whole. */
export class Top<T> {
  readonly #count: number;
  readonly #before: (a: T, b: T) => boolean;
  /** The root is the item that goes last, the next one to be thrown out. */
  readonly #heap: T[] = [];

  constructor(count: number, before: (a: T, b: T) => boolean) {
    this.#count = count;
    this.#before = before;
  }

  /** The item to beat, once there are `count`. */
  get last(): T | undefined {
    return this.#heap.length < this.#count ? undefined : this.#heap[0];
  }

  offer(item: T): void {
    if (this.#heap.length < this.#count) {
      this.#heap.push(item);
      rise(this.#heap, this.#before);
    } else if (this.#count > 0 && this.#before(item, this.#heap[0]!)) {
      this.#heap[0] = item;
      sink(this.#heap, this.#before);
    }
  }

  /** The items in order. */
  sorted(): T[] {
    return [...this.#heap].sort((a, b) => (this.#before(a, b) ? -1 : 1));
  }
}

function rise<T>(heap: T[], before: (a: T, b: T) => boolean): void {
  let at = heap.length - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(heap[parent]!, heap[at]!)) return;
    swap(heap, at, parent);
    at = parent;
  }
}

function sink<T>(heap: T[], before: (a: T, b: T) => boolean): void {
  for (let at = 0; ; ) {
    let last = at;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      if (child < heap.length && before(heap[last]!, heap[child]!)) last = child;
    }
    if (last === at) return;
    swap(heap, at, last);
    at = last;
  }
}

function swap<T>(heap: T[], a: number, b: number): void {
  const item = heap[a]!;
  heap[a] = heap[b]!;
  heap[b] = item;
}
