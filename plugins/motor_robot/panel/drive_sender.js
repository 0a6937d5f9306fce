import { isStopped, stopped } from './mixing.js';

/** @typedef {import('./mixing.js').Wheels} Wheels */

/** At most twenty orders a second. */
const period_ms = 50;
/** A wish that goes on is said again this often, so that the robot goes on after a moment's lapse. */
const repeat_ms = 100;
/** A stop that was not taken is tried so often, and then left to the dead-man. */
const stop_tries = 5;

/**
 * Sends what the wheels shall do: the newest wish wins, one order at a time, never more than twenty a second. Letting go
 * is sent at once, whatever is under way; its share of the rate is made up for by the next order.
 */
export class DriveSender {
  /**
   * @param {(wheels: Wheels) => Promise<boolean>} send settles when the order is over, with whether it was taken; must
   *   not reject
   * @param {() => number} now milliseconds, monotonic
   * @param {(delay_ms: number, run: () => void) => void} after
   */
  constructor(send, now = () => performance.now(), after = (delay_ms, run) => void setTimeout(run, delay_ms)) {
    this.send_ = send;
    this.now_ = now;
    this.after_ = after;
    /** @type {Wheels | null} */
    this.wanted_ = null;
    /** What was sent last; null: nothing since the turn began. @type {Wheels | null} */
    this.sent_ = null;
    this.sent_at_ = -Infinity;
    this.free_at_ = -Infinity;
    this.flying_ = 0;
    this.wake_at_ = Infinity;
    this.tries_ = 0;
  }

  /** @param {Wheels} wheels both 0: let go */
  want(wheels) {
    this.wanted_ = wheels;
    this.pump_();
  }

  /**
   * This page drives from now on: what was asked for elsewhere, in another window of the same person say, ends. That
   * takes nothing of the rate, so that the first push counts at once.
   */
  begin() {
    const free_at = this.free_at_;
    this.wanted_ = stopped;
    this.stop_();
    this.free_at_ = free_at;
  }

  /** Says nothing more: the turn is over, or everything was stopped. */
  forget() {
    this.wanted_ = null;
    this.sent_ = null;
  }

  pump_() {
    const wanted = this.wanted_;
    if (!wanted) return;
    if (isStopped(wanted)) {
      if (this.sent_ && !isStopped(this.sent_)) this.stop_();
      return;
    }
    if (this.flying_ > 0) return;
    const news = !this.sent_ || this.sent_.left !== wanted.left || this.sent_.right !== wanted.right;
    const due = Math.max(this.free_at_, news ? -Infinity : this.sent_at_ + repeat_ms);
    const early_ms = due - this.now_();
    if (early_ms > 0) this.wake_(early_ms);
    else void this.post_(wanted).then(() => this.pump_());
  }

  stop_() {
    this.tries_ = 0;
    const attempt = async () => {
      this.tries_ += 1;
      const taken = await this.post_(stopped);
      const open = this.wanted_ && isStopped(this.wanted_) && this.sent_ && isStopped(this.sent_);
      if (!taken && open && this.tries_ < stop_tries) this.after_(period_ms, () => this.sent_ && void attempt());
      else this.pump_();
    };
    void attempt();
  }

  /** @param {Wheels} wheels */
  async post_(wheels) {
    this.sent_ = wheels;
    this.sent_at_ = this.now_();
    this.free_at_ = Math.max(this.free_at_, this.sent_at_) + period_ms;
    this.flying_ += 1;
    const taken = await this.send_(wheels);
    this.flying_ -= 1;
    return taken;
  }

  wake_(delay_ms) {
    const at = this.now_() + delay_ms;
    if (at >= this.wake_at_) return;
    this.wake_at_ = at;
    this.after_(delay_ms, () => {
      if (this.wake_at_ === at) this.wake_at_ = Infinity;
      this.pump_();
    });
  }
}
