import type { LiveSocket } from '../net/live.ts';
import { Store } from './store.ts';

/** Less than this between two welcomes is the network's, and nothing that anybody reads changes by it. */
const shift_ms = 5000;

/** The hub's wall clock: what it measured and kept carries it, and a phone's own clock may be minutes off. */
export class HubTime {
  /** Counts the times at which the hub's clock turned out to be another than was thought. */
  readonly shifts = new Store(0);
  private ahead_ms_ = 0;

  constructor(
    live: Pick<LiveSocket, 'onMessage'>,
    private readonly wall: () => number = () => Date.now(),
  ) {
    live.onMessage((message) => {
      if (message.type === 'welcome' && message.at_ms > 0) this.take(message.at_ms - this.wall());
    });
  }

  /** Milliseconds since 1970, as the hub counts them. */
  now(): number {
    return this.wall() + this.ahead_ms_;
  }

  private take(ahead_ms: number): void {
    const shift = Math.abs(ahead_ms - this.ahead_ms_);
    this.ahead_ms_ = ahead_ms;
    if (shift >= shift_ms) this.shifts.set(this.shifts.value + 1);
  }
}
