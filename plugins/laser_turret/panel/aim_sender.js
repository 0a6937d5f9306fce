/** A point of the picture, in its own pixels from the top left. @typedef {{x_px: number, y_px: number}} Point */

/** Dragging aims at most this often. */
const period_ms = 50;

/**
 * Sends aims one at a time, newest wins: while one is under way only the latest wish is kept, so that a slow link
 * leaves the dot a little behind the finger instead of replaying the whole way.
 */
export class AimSender {
  /**
   * @param {(point: Point) => Promise<void>} send settles when the aim is over; must not reject
   * @param {() => number} now milliseconds, monotonic
   * @param {(delay_ms: number, run: () => void) => void} after
   */
  constructor(send, now = () => performance.now(), after = (delay_ms, run) => void setTimeout(run, delay_ms)) {
    this.send_ = send;
    this.now_ = now;
    this.after_ = after;
    /** @type {Point | null} */
    this.wanted_ = null;
    this.flying_ = false;
    this.waiting_ = false;
    this.sent_at_ = -Infinity;
  }

  /** @param {Point} point */
  aim(point) {
    this.wanted_ = point;
    this.pump_();
  }

  /** Forgets a wish that was not sent yet: the turn is over, say. */
  forget() {
    this.wanted_ = null;
  }

  pump_() {
    if (!this.wanted_ || this.flying_ || this.waiting_) return;
    const early_ms = this.sent_at_ + period_ms - this.now_();
    if (early_ms > 0) {
      this.waiting_ = true;
      this.after_(early_ms, () => {
        this.waiting_ = false;
        this.pump_();
      });
      return;
    }
    const point = this.wanted_;
    this.wanted_ = null;
    this.flying_ = true;
    this.sent_at_ = this.now_();
    void this.send_(point).then(() => {
      this.flying_ = false;
      this.pump_();
    });
  }
}
