import { asProblem, type Problem } from '../net/http.ts';
import { Store } from './store.ts';

export interface Loaded<T> {
  /** The newest answer; kept while it is asked again and when that fails. */
  value: T | null;
  problem: Problem | null;
  busy: boolean;
}

/** Something that the hub is asked for. Of answers that overtake each other the one asked for last counts. */
export class Resource<T> {
  readonly state = new Store<Loaded<T>>({ value: null, problem: null, busy: false });
  private asked_ = 0;

  constructor(private readonly ask: () => Promise<T>) {}

  get value(): T | null {
    return this.state.value.value;
  }

  /** Never throws: a refusal is in `state.problem`. */
  async load(): Promise<void> {
    this.asked_ += 1;
    const asked = this.asked_;
    this.state.patch({ busy: true });
    try {
      const value = await this.ask();
      if (asked === this.asked_) this.state.set({ value, problem: null, busy: false });
    } catch (error) {
      if (asked === this.asked_) this.state.patch({ problem: asProblem(error), busy: false });
    }
  }

  /** Takes what a change has answered; an answer still under way is older and is not taken. */
  put(value: T): void {
    this.asked_ += 1;
    this.state.set({ value, problem: null, busy: false });
  }
}
