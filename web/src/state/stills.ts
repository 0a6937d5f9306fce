import { systemClock, type Clock } from './clock.ts';

/** One card that wants a still about once a second while it is on screen. */
export interface StillViewer {
  url: string;
  show(picture: Blob | null): void;
}

const period_ms = 1000;
const pause_after_failure_ms = 5000;

/**
 * Brings stills to the cards in view. A browser opens at most six connections to one origin, and a still may keep the
 * hub waiting for three seconds, so at most `lanes` are ever asked for at the same time: stops and pages stay quick
 * however many devices there are.
 */
export class Stills {
  private readonly due_ = new Map<StillViewer, number>();
  private readonly asking_ = new Set<StillViewer>();
  private cancelTimer_: (() => void) | null = null;

  constructor(
    private readonly fetchPicture: (url: string) => Promise<Blob | null> = fetchStill,
    private readonly pageVisible: () => boolean = () => document.visibilityState === 'visible',
    private readonly clock: Clock = systemClock,
    private readonly lanes = 2,
  ) {}

  /** Keeps `viewer` supplied until the returned function is called. */
  add(viewer: StillViewer): () => void {
    this.due_.set(viewer, this.clock.now());
    this.pump();
    return () => this.due_.delete(viewer);
  }

  private pump(): void {
    this.cancelTimer_?.();
    this.cancelTimer_ = null;
    if (this.due_.size === 0) return;
    const now = this.clock.now();
    if (this.pageVisible()) {
      for (const [viewer, due] of [...this.due_].sort((a, b) => a[1] - b[1])) {
        if (this.asking_.size >= this.lanes || due > now) break;
        if (!this.asking_.has(viewer)) void this.ask(viewer);
      }
    }
    this.cancelTimer_ = this.clock.after(200, () => this.pump());
  }

  private async ask(viewer: StillViewer): Promise<void> {
    this.asking_.add(viewer);
    const asked = this.clock.now();
    this.due_.set(viewer, Infinity);
    const picture = await this.fetchPicture(viewer.url).catch(() => null);
    this.asking_.delete(viewer);
    if (!this.due_.has(viewer)) return;
    this.due_.set(
      viewer,
      picture ? Math.max(asked + period_ms, this.clock.now()) : this.clock.now() + pause_after_failure_ms,
    );
    viewer.show(picture);
    this.pump();
  }
}

async function fetchStill(url: string): Promise<Blob | null> {
  const response = await fetch(url, {
    credentials: 'same-origin',
    cache: 'no-store',
    signal: AbortSignal.timeout(6000),
  });
  return response.ok ? response.blob() : null;
}
