import type { LiveSocket } from '../net/live.ts';

/** The hub's wall clock: what it measured and kept carries it, and a phone's own clock may be minutes off. */
export class HubTime {
  private ahead_ms_ = 0;

  constructor(
    live: Pick<LiveSocket, 'onMessage'>,
    private readonly wall: () => number = () => Date.now(),
  ) {
    live.onMessage((message) => {
      if (message.type === 'welcome' && message.at_ms > 0) this.ahead_ms_ = message.at_ms - this.wall();
    });
  }

  /** Milliseconds since 1970, as the hub counts them. */
  now(): number {
    return this.wall() + this.ahead_ms_;
  }
}
