import { systemClock, type Clock } from './clock.ts';
import { Store } from './store.ts';

export interface Toast {
  text: string;
  danger: boolean;
  /** Takes back what was just done. */
  undo: (() => void) | null;
}

const plain_ms = 6000;
const undo_ms = 12000;

/** A short word on what was just done, at the foot of the screen; the newest replaces an older one. */
export class Toasts {
  readonly shown = new Store<Toast | null>(null);
  private cancel_: () => void = () => undefined;

  constructor(private readonly clock: Clock = systemClock) {}

  say(text: string, undo: (() => void) | null = null): void {
    this.show({ text, danger: false, undo });
  }

  complain(text: string): void {
    this.show({ text, danger: true, undo: null });
  }

  /** While somebody points at it or has the focus in it, it stays. */
  hold(): void {
    this.cancel_();
  }

  /** Goes on counting after `hold`. */
  release(): void {
    const toast = this.shown.value;
    if (!toast) return;
    this.cancel_();
    this.cancel_ = this.clock.after(toast.undo || toast.danger ? undo_ms : plain_ms, () => this.dismiss());
  }

  undo(): void {
    const undo = this.shown.value?.undo;
    this.dismiss();
    undo?.();
  }

  dismiss(): void {
    this.cancel_();
    this.shown.set(null);
  }

  private show(toast: Toast): void {
    this.shown.set(toast);
    this.release();
  }
}
