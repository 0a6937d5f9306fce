/**
 * A value that tells its listeners when it changes. Every concern of the page (session, connection, devices, turn,
 * commands, stop) keeps its state in one of these; elements follow them through `Follow`.
 */
export class Store<T> {
  private value_: T;
  private readonly listeners_ = new Set<() => void>();

  constructor(initial: T) {
    this.value_ = initial;
  }

  get value(): T {
    return this.value_;
  }

  set(next: T): void {
    if (Object.is(next, this.value_)) return;
    this.value_ = next;
    for (const listener of [...this.listeners_]) listener();
  }

  patch(part: Partial<T>): void {
    this.set({ ...this.value_, ...part });
  }

  /** Calls `listener` after each change, until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.listeners_.add(listener);
    return () => this.listeners_.delete(listener);
  }
}
