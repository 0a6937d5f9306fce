import { clamp } from './mixing.js';
import { make, set } from './dom.js';

/** Which way each key pushes the stick. */
const keys = new Map([
  ['ArrowUp', [0, 1]],
  ['ArrowDown', [0, -1]],
  ['ArrowLeft', [-1, 0]],
  ['ArrowRight', [1, 0]],
  ['KeyW', [0, 1]],
  ['KeyS', [0, -1]],
  ['KeyA', [-1, 0]],
  ['KeyD', [1, 0]],
]);

/** How far the knob goes from the middle, as a part of the whole's width. */
const reach = 0.32;

/** A stick for mouse, finger, pen and keyboard. It lets go by itself when it loses the pointer, the focus or the page. */
export class Joystick {
  /** @param {import('./robot.js').Robot} robot */
  constructor(robot) {
    this.robot_ = robot;
    this.pressed_ = new Set();
    this.knob_ = make('div', { class: 'knob' });
    this.element = make(
      'div',
      {
        class: 'stick',
        tabindex: 0,
        role: 'application',
        'aria-label': 'Joystick',
        'aria-roledescription': 'joystick',
        'aria-describedby': 'stick-how',
        onpointerdown: (event) => this.press_(event),
        onpointermove: (event) => this.drag_(event),
        onpointerup: (event) => this.lift_(event),
        onpointercancel: (event) => this.lift_(event),
        onlostpointercapture: (event) => this.lift_(event),
        oncontextmenu: (event) => event.preventDefault(),
        onkeydown: (event) => this.down_(event),
        onkeyup: (event) => this.up_(event),
        onblur: () => this.letGoOfKeys_(),
      },
      make('div', { class: 'cross', 'aria-hidden': 'true' }),
      this.knob_,
    );
  }

  draw() {
    const { mine } = this.robot_;
    set(this.element, 'aria-disabled', mine ? 'false' : 'true');
    if (mine) return;
    // A finger or a key that is still down moves nothing behind a stop or in the next turn.
    if (this.pointer_ !== undefined || this.pressed_.size > 0) this.place_(0, 0);
    this.pointer_ = undefined;
    this.pressed_.clear();
  }

  /** Whatever holds the stick holds it no longer. */
  letGo() {
    this.pointer_ = undefined;
    this.pressed_.clear();
    this.place_(0, 0);
    this.robot_.release('pointer');
    this.robot_.release('keys');
  }

  press_(event) {
    if (event.button !== 0 || this.pointer_ !== undefined) return;
    if (!this.robot_.mine) return this.robot_.tell('info', this.robot_.why);
    this.pointer_ = event.pointerId;
    this.element.setPointerCapture(event.pointerId);
    this.point_(event);
  }

  drag_(event) {
    if (event.pointerId === this.pointer_) this.point_(event);
  }

  lift_(event) {
    if (event.pointerId !== this.pointer_) return;
    this.pointer_ = undefined;
    this.place_(0, 0);
    this.robot_.release('pointer');
  }

  point_(event) {
    const box = this.element.getBoundingClientRect();
    const x = (event.clientX - box.left - box.width / 2) / (box.width * reach);
    const y = (box.top + box.height / 2 - event.clientY) / (box.height * reach);
    const size = Math.max(Math.hypot(x, y), 1);
    this.place_(x / size, y / size);
    this.robot_.hold('pointer', { x: x / size, y: y / size });
  }

  down_(event) {
    // While Meta is down macOS tells of no key that is let go of.
    if (event.metaKey || event.key === 'Meta') return this.letGoOfKeys_();
    if (!keys.has(event.code) || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    if (event.repeat) return;
    if (!this.robot_.mine) return this.robot_.tell('info', this.robot_.why);
    this.pressed_.add(event.code);
    this.pushKeys_();
  }

  up_(event) {
    if (event.metaKey || event.key === 'Meta') return this.letGoOfKeys_();
    if (this.pressed_.delete(event.code)) this.pushKeys_();
  }

  letGoOfKeys_() {
    if (this.pressed_.size === 0) return;
    this.pressed_.clear();
    this.pushKeys_();
  }

  pushKeys_() {
    let [x, y] = [0, 0];
    for (const code of this.pressed_) {
      const [right, forward] = keys.get(code);
      x = clamp(x + right, -1, 1);
      y = clamp(y + forward, -1, 1);
    }
    // Forwards and sideways together make a bend, not a turn on the spot.
    if (x !== 0 && y !== 0) x *= 0.5;
    if (this.pointer_ === undefined) this.place_(x, y);
    if (x === 0 && y === 0) this.robot_.release('keys');
    else this.robot_.hold('keys', { x, y });
  }

  place_(x, y) {
    this.knob_.style.left = `${50 + 100 * reach * x}%`;
    this.knob_.style.top = `${50 - 100 * reach * y}%`;
  }
}
