/** What it begins with, and comes back to. */
export const target_ms = 150;
/** Each time that it runs dry it holds so much more from then on, up to a most; and less again after a while without. */
const step_ms = 50;
export const most_target_ms = 300;
const calm_ms = 10_000;
/** More than this is too late to be of use: down to the target at once. */
export const most_ms = 500;

/**
 * Samples come when the network brings them and are played when the sound card wants them: this holds about `target_ms`
 * between the two, more where that was too little. What has run dry is silent until it holds that much again, and what has grown beyond `most_ms` (a
 * network that was held up, a clock that runs faster than the card's) loses its oldest.
 */
export class JitterBuffer {
  private samples_ = new Int16Array(0);
  private from_ = 0;
  private until_ = 0;
  /** Where between two samples the next one to be played lies, 0 to 1. */
  private between_ = 0;
  private running_ = false;
  private target_ms_ = target_ms;
  private calm_samples_ = 0;

  constructor(
    private readonly rate_hz: number,
    private readonly played_rate_hz: number,
  ) {
    this.samples_ = new Int16Array(this.samplesOf(2 * most_ms));
  }

  /** How much waits to be played. */
  get held_ms(): number {
    return ((this.until_ - this.from_) * 1000) / this.rate_hz;
  }

  push(chunk: Int16Array): void {
    const kept = chunk.subarray(Math.max(0, chunk.length - this.samplesOf(most_ms)));
    if (this.until_ + kept.length > this.samples_.length) {
      this.samples_.copyWithin(0, this.from_, this.until_);
      this.until_ -= this.from_;
      this.from_ = 0;
    }
    const over = this.until_ + kept.length - this.samples_.length;
    if (over > 0) {
      this.samples_.copyWithin(0, over, this.until_);
      this.until_ -= over;
    }
    this.samples_.set(kept, this.until_);
    this.until_ += kept.length;
    if (this.held_ms > most_ms) this.from_ = this.until_ - this.samplesOf(this.target_ms_);
  }

  /** Fills `out` with what is heard next, -1 to 1, at the rate that is played. False: it was silence. */
  pull(out: Float32Array): boolean {
    if (!this.running_) this.running_ = this.held_ms >= this.target_ms_;
    const step = this.rate_hz / this.played_rate_hz;
    for (let i = 0; i < out.length; i += 1) {
      // Two samples are needed to stand between them.
      if (!this.running_ || this.until_ - this.from_ < 2) {
        out.fill(0, i);
        if (this.running_) this.ranDry();
        return i > 0;
      }
      const here = this.samples_[this.from_] ?? 0;
      const next = this.samples_[this.from_ + 1] ?? 0;
      out[i] = (here + (next - here) * this.between_) / 32768;
      this.between_ += step;
      const whole = Math.floor(this.between_);
      this.between_ -= whole;
      this.from_ = Math.min(this.from_ + whole, this.until_);
    }
    this.calm_samples_ += out.length;
    if (this.calm_samples_ > (calm_ms * this.played_rate_hz) / 1000) {
      this.calm_samples_ = 0;
      this.target_ms_ = Math.max(target_ms, this.target_ms_ - step_ms);
    }
    return true;
  }

  private ranDry(): void {
    this.running_ = false;
    this.calm_samples_ = 0;
    this.target_ms_ = Math.min(most_target_ms, this.target_ms_ + step_ms);
  }

  private samplesOf(ms: number): number {
    return Math.round((ms * this.rate_hz) / 1000);
  }
}
