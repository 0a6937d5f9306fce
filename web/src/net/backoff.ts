/**
 * How long to wait before dialling again: doubling from `first_ms` up to `most_ms`, each drawn between half and one
 * and a half of that, so that a thousand pages do not all come back in the same instant after a hub restarts.
 */
export class Backoff {
  private attempt_ = 0;

  constructor(
    private readonly first_ms = 500,
    private readonly most_ms = 8000,
    private readonly random: () => number = Math.random,
  ) {}

  next(): number {
    const base = Math.min(this.first_ms * 2 ** this.attempt_, this.most_ms);
    this.attempt_ = Math.min(this.attempt_ + 1, 30);
    return Math.round(base * (0.5 + this.random()));
  }

  reset(): void {
    this.attempt_ = 0;
  }
}
