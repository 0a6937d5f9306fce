import { dead_zone } from './mixing.js';

/** Sticks of gamepads rest a little beside their middle. */
const rest = dead_zone + 0.05;

/** Drives by the left stick of a gamepad. It is looked at only while one is connected and this runs. */
export class GamepadStick {
  /** @param {import('./robot.js').Robot} robot */
  constructor(robot) {
    this.robot_ = robot;
    this.running_ = false;
    this.holding_ = false;
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
    this.letGo_();
  }

  look_() {
    if (!this.running_ || this.frame_) return;
    const pad = (navigator.getGamepads?.() ?? []).find((one) => one?.connected && one.axes.length >= 2);
    if (!pad) return this.letGo_();
    const [x, down] = pad.axes;
    if (Math.hypot(x, down) > rest) {
      this.holding_ = true;
      this.robot_.hold('gamepad', { x, y: -down });
    } else {
      this.letGo_();
    }
    this.frame_ = requestAnimationFrame(() => {
      this.frame_ = 0;
      this.look_();
    });
  }

  letGo_() {
    if (!this.holding_) return;
    this.holding_ = false;
    this.robot_.release('gamepad');
  }
}
