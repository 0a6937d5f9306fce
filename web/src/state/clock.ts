/** Time and timers, injected wherever logic depends on them so that tests decide what time it is. */
export interface Clock {
  /** Milliseconds of a monotonic clock. */
  now(): number;
  /** Runs `run` once after `delay_ms`; the returned function cancels. */
  after(delay_ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(delay_ms, run) {
    const timer = setTimeout(run, delay_ms);
    return () => clearTimeout(timer);
  },
};
