import { dead_zone } from './mixing.js';

/** Sticks of gamepads rest a little beside their middle. */
const rest = dead_zone + 0.05;

/**
 * Drives by the left stick of a gamepad. It is looked at only while one is connected and this runs. Unlike a finger, a
 * stick that is held says so again in every frame: after anything that let go of it, it drives only once it was at rest.
 */
export class GamepadStick {
  /** @param {import('./robot.js').Robot} robot */
  constructor(robot) {
    this.robot_ = robot;
    this.running_ = false;
    this.holding_ = false;
    this.must_rest_ = true;
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
    this.must_rest_ = true;
    this.release_();
  }

  look_() {
    if (!this.running_ || this.frame_) return;
    const pad = (navigator.getGamepads?.() ?? []).find((one) => one?.connected && one.axes.length >= 2);
    if (!pad) return this.letGo();
    const [x, down] = pad.axes;
    if (Math.hypot(x, down) <= rest) {
      this.must_rest_ = false;
      this.release_();
    } else if (!this.robot_.mine || !document.hasFocus()) {
      // A window that is seen but not used goes on drawing frames.
      this.letGo();
    } else if (!this.must_rest_) {
      this.holding_ = true;
      this.robot_.hold('gamepad', { x, y: -down });
    }
    this.frame_ = requestAnimationFrame(() => {
      this.frame_ = 0;
      this.look_();
    });
  }

  release_() {
    if (!this.holding_) return;
    this.holding_ = false;
    this.robot_.release('gamepad');
  }
}
