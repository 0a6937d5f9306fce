import { FlatBody } from './flat_body.js';
import { make, set, setText } from './dom.js';
import { robotOf } from './robot.js';
import { bodySheet } from './styles.js';

/** Without motion the body moves this seldom. */
const calm_ms = 1000;

/** The robot's body as it leans: in three dimensions where the browser can, else in two views. */
export class RobotBody extends HTMLElement {
  connectedCallback() {
    if (!this.shadowRoot) this.build_();
    this.release_ = this.robot_.follow(() => this.take_());
    this.seen_ = new IntersectionObserver((entries) => this.show_(entries.some((entry) => entry.isIntersecting)));
    this.seen_.observe(this);
    this.hears_ = new AbortController();
    document.addEventListener('visibilitychange', () => this.request_(), { signal: this.hears_.signal });
    this.take_();
  }

  disconnectedCallback() {
    this.release_?.();
    this.seen_?.disconnect();
    this.hears_?.abort();
    clearTimeout(this.later_);
    this.later_ = undefined;
    this.visible_ = false;
    this.useFlat_();
    this.asked_ = false;
  }

  build_() {
    this.robot_ = robotOf(this.api);
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [bodySheet];
    this.stage_ = make('div', { class: 'stage', role: 'img', 'aria-label': 'The robot’s body' });
    this.numbers_ = make('p', { class: 'numbers' });
    root.append(this.stage_, this.numbers_);
    this.calm_ = matchMedia('(prefers-reduced-motion: reduce)');
    this.shown_ = { pitch_deg: 0, roll_deg: 0 };
    this.useFlat_();
  }

  take_() {
    const lean = this.robot_.orientation;
    const told = this.robot_.tells('orientation');
    setText(
      this.numbers_,
      lean
        ? `Pitch ${lean.pitch_deg.toFixed(1)}°, roll ${lean.roll_deg.toFixed(1)}°`
        : told
          ? 'No orientation yet: the sensor may be missing.'
          : 'This robot does not tell its orientation.',
    );
    if (!lean) return;
    set(
      this.stage_,
      'aria-label',
      `The robot’s body: nose ${way(lean.pitch_deg, 'up', 'down')}, ${side(lean.roll_deg)}`,
    );
    this.request_();
  }

  show_(visible) {
    this.visible_ = visible;
    if (visible) void this.makeSolid_();
    this.request_();
  }

  async makeSolid_() {
    if (this.asked_) return;
    this.asked_ = true;
    try {
      const { SolidBody } = await import('./solid_body.js');
      const solid = await SolidBody.make(() => this.useFlat_());
      if (!this.isConnected) return solid.end();
      this.use_(solid);
    } catch {
      // Without WebGL, or without the library, the flat one goes on.
    }
  }

  useFlat_() {
    if (!(this.body_ instanceof FlatBody)) this.use_(new FlatBody());
  }

  use_(body) {
    this.body_?.end();
    this.body_ = body;
    this.stage_.replaceChildren(body.element);
    this.body_.draw(this.shown_);
    this.request_();
  }

  /** Draws as soon as it makes sense: never hidden, once a frame at most, and seldom where motion is unwelcome. */
  request_() {
    if (this.later_ !== undefined || !this.visible_ || document.hidden) return;
    if (this.calm_.matches) {
      this.later_ = setTimeout(() => this.drawNow_(1), calm_ms);
    } else {
      this.later_ = setTimeout(() => requestAnimationFrame(() => this.drawNow_(0.35)), 0);
    }
  }

  /** @param {number} part of the way to where the robot is */
  drawNow_(part) {
    this.later_ = undefined;
    const to = this.robot_.orientation;
    if (!to || !this.visible_) return;
    const rest = {
      pitch_deg: turn(to.pitch_deg - this.shown_.pitch_deg),
      roll_deg: turn(to.roll_deg - this.shown_.roll_deg),
    };
    const near = Math.max(Math.abs(rest.pitch_deg), Math.abs(rest.roll_deg)) < 0.2;
    this.shown_ = near
      ? to
      : {
          pitch_deg: turn(this.shown_.pitch_deg + part * rest.pitch_deg),
          roll_deg: turn(this.shown_.roll_deg + part * rest.roll_deg),
        };
    this.body_.draw(this.shown_);
    if (!near && part < 1) this.request_();
  }
}

/** An angle from -180 to 180, so that the body turns the short way round. */
function turn(angle_deg) {
  return ((((angle_deg + 180) % 360) + 360) % 360) - 180;
}

function way(angle_deg, up, down) {
  const whole = Math.round(angle_deg);
  return `${Math.abs(whole)} degrees ${whole < 0 ? down : up}`;
}

function side(roll_deg) {
  const whole = Math.round(roll_deg);
  return `leaning ${Math.abs(whole)} degrees to the ${whole < 0 ? 'left' : 'right'}`;
}
