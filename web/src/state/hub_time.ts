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
    // Goes on evenly when this machine's own clock is set.
    private readonly wall: () => number = () => performance.timeOrigin + performance.now(),
  ) {
    live.onMessage((message) => {
      if (message.type === 'welcome' && message.at_ms > 0) this.take(message.at_ms - this.wall());
      // Where it differs, the hub's clock was set meanwhile or this machine has slept.
      if (message.type === 'pong' && message.at_ms && Math.abs(message.at_ms - this.now()) >= shift_ms)
        this.take(message.at_ms - this.wall());
      // The time of a value is the hub's own and never in the future: the hub's clock was set forwards meanwhile.
      if (message.type === 'telemetry' && message.t_ms > this.now() + shift_ms) this.take(message.t_ms - this.wall());
    });
  }

  /** Milliseconds since 1970, as the hub counts them: whole ones, which it takes back as a moment. */
  now(): number {
    return Math.round(this.wall() + this.ahead_ms_);
  }

  private take(ahead_ms: number): void {
    const shift = Math.abs(ahead_ms - this.ahead_ms_);
    this.ahead_ms_ = ahead_ms;
    if (shift >= shift_ms) this.shifts.set(this.shifts.value + 1);
  }
}
