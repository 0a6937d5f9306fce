import { dead_zone } from './mixing.js';

/** Sticks of gamepads rest a little beside their middle. */
const rest = dead_zone + 0.05;

/**
 * Drives by the left stick of a gamepad. They are looked at only while one is connected and this runs. Unlike a finger,
 * a stick that is held says so again in every frame: after anything that let go of it, it drives only once it was at
 * rest. Of several the one drives that is pushed first, until it rests; the others once they were at rest behind that.
 */
export class GamepadStick {
  /** @param {import('./robot.js').Robot} robot */
  constructor(robot) {
    this.robot_ = robot;
    this.running_ = false;
    /** The place of the gamepad that drives, in the browser's list. @type {number | null} */
    this.holding_ = null;
    /** Places of those that were at rest since anything let go of them. @type {Set<number>} */
    this.rested_ = new Set();
    this.frame_ = 0;
    this.connected_ = () => this.look_();
  }

  start() {
    this.running_ = true;
    window.addEventListener('gamepadconnected', this.connected_);
    this.look_();
  }

  stop() {
    this.running_ = false;
    window.removeEventListener('gamepadconnected', this.connected_);
    cancelAnimationFrame(this.frame_);
    this.frame_ = 0;
    this.letGo();
  }

  /** Whatever is held counts no longer, until it is held anew. */
  letGo() {
    this.rested_.clear();
    this.release_();
  }

  look_() {
    if (!this.running_ || this.frame_) return;
    const sticks = leftSticks();
    if (sticks.size === 0) return this.letGo();
    if (this.holding_ !== null && !sticks.has(this.holding_)) this.letGo();
    this.lookAtRest_(sticks);
    const pushed = [...sticks.keys()].filter((at) => !isAtRest(sticks.get(at)) && this.rested_.has(at));
    const at = this.holding_ ?? pushed[0];
    if (pushed.includes(at)) {
      this.holding_ = at;
      const { x, down } = sticks.get(at);
      this.robot_.hold('gamepad', { x, y: -down });
    } else {
      this.release_();
    }
    this.frame_ = requestAnimationFrame(() => {
      this.frame_ = 0;
      this.look_();
    });
  }

  /** Which of them may drive when they are pushed. */
  lookAtRest_(sticks) {
    for (const at of [...this.rested_]) if (!sticks.has(at)) this.rested_.delete(at);
    // A window that is seen but not used goes on drawing frames.
    const may_drive = this.robot_.mine && document.hasFocus();
    for (const [at, stick] of sticks) {
      if (isAtRest(stick)) this.rested_.add(at);
      else if (!may_drive || (this.holding_ !== null && at !== this.holding_)) this.rested_.delete(at);
    }
  }

  release_() {
    if (this.holding_ === null) return;
    this.holding_ = null;
    this.robot_.release('gamepad');
  }
}

/** By the place in the browser's list. What has no buttons is no gamepad: the accelerometer of a laptop, say. */
function leftSticks() {
  const sticks = new Map();
  for (const [at, pad] of [...(navigator.getGamepads?.() ?? [])].entries()) {
    if (!pad?.connected || pad.axes.length < 2 || pad.buttons.length === 0) continue;
    const [x, down] = pad.axes;
    sticks.set(at, { x, down });
  }
  return sticks;
}

function isAtRest({ x, down }) {
  return Math.hypot(x, down) <= rest;
}
