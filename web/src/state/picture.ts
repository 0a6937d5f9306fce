import { Backoff } from '../net/backoff.ts';
import { systemClock, type Clock } from './clock.ts';
import { Store } from './store.ts';

export type PictureState = 'off' | 'connecting' | 'live' | 'stale' | 'lost';

export interface Picture {
  state: PictureState;
  /** What the image shows; changes to dial again, '' for nothing. */
  url: string;
}

/** No change in the picture for this long: ask whether the camera still sends. */
const suspicious_ms = 4000;
/** A picture that stands still although the camera sends is dialled again at most this often. */
const redial_ms = 15000;
/** A first picture that has not come by then is not going to. */
const first_limit_ms = 8000;

/**
 * Keeps one MJPEG image alive. An `<img>` tells when its stream could not be opened, but says nothing when a running
 * one stops, so the owner reports `sampled` about once a second whether the picture changed; one that stands still is
 * checked against the hub's still, for a quiet room and a dead camera look alike.
 */
export class PictureWatch {
  readonly state = new Store<Picture>({ state: 'off', url: '' });
  private serial_ = 0;
  private changed_at_ = 0;
  private dialled_at_ = 0;
  private probing_ = false;
  private wanted_ = '';
  private cancelTimer_: () => void = () => undefined;
  private readonly backoff_ = new Backoff(500, 8000);

  constructor(
    private readonly probe: (still: string) => Promise<boolean>,
    private readonly clock: Clock = systemClock,
  ) {}

  /** Shows the stream at `url` (without extension), or nothing for ''. */
  want(url: string): void {
    if (url === this.wanted_) return;
    this.wanted_ = url;
    this.backoff_.reset();
    if (url === '') {
      this.cancelTimer_();
      this.state.set({ state: 'off', url: '' });
    } else {
      this.dial();
    }
  }

  /** The image has its first picture. */
  loaded(): void {
    this.cancelTimer_();
    this.backoff_.reset();
    this.changed_at_ = this.clock.now();
    // Some browsers say `load` for every picture of the stream.
    if (this.state.value.state !== 'live') this.state.patch({ state: 'live' });
  }

  /** The image could not be opened, or broke. */
  failed(): void {
    if (this.wanted_ === '') return;
    this.state.patch({ state: 'lost' });
    this.cancelTimer_();
    this.cancelTimer_ = this.clock.after(this.backoff_.next(), () => this.dial());
  }

  /** Dials now instead of waiting out the back-off, if the picture was lost. */
  retryNow(): void {
    if (this.wanted_ !== '' && this.state.value.state === 'lost') this.dial();
  }

  /** About once a second: did the picture change since the last time? */
  sampled(changed: boolean): void {
    const { state } = this.state.value;
    if (state !== 'live' && state !== 'stale') return;
    const now = this.clock.now();
    if (changed) {
      this.changed_at_ = now;
      if (state === 'stale') this.state.patch({ state: 'live' });
      return;
    }
    if (now - this.changed_at_ >= suspicious_ms && !this.probing_) void this.check();
  }

  private async check(): Promise<void> {
    this.probing_ = true;
    const asked = this.wanted_;
    const sending = await this.probe(`${asked}.jpg`).catch(() => false);
    this.probing_ = false;
    if (asked !== this.wanted_ || this.clock.now() - this.changed_at_ < suspicious_ms) return;
    if (!sending) {
      this.state.patch({ state: 'stale' });
      return;
    }
    if (this.clock.now() - this.dialled_at_ >= redial_ms) this.dial();
  }

  private dial(): void {
    this.cancelTimer_();
    this.dialled_at_ = this.clock.now();
    this.changed_at_ = this.dialled_at_;
    this.serial_ += 1;
    const running = this.state.value.state === 'live';
    // A running picture stays on screen while its successor connects.
    this.state.set({ state: running ? 'live' : 'connecting', url: `${this.wanted_}.mjpeg?n=${this.serial_}` });
    this.cancelTimer_ = this.clock.after(first_limit_ms, () => {
      if (this.state.value.state === 'connecting') this.failed();
    });
  }
}
