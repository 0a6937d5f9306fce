import { make, set, setText } from './dom.js';
import { GamepadStick } from './gamepad.js';
import { Joystick } from './joystick.js';
import { MessageBox } from './message_box.js';
import { robotOf } from './robot.js';
import { driveSheet } from './styles.js';

/** The joystick with its top speed, the switches for light and buzzer, and the message box. */
export class RobotDrive extends HTMLElement {
  connectedCallback() {
    if (!this.shadowRoot) this.build_();
    this.release_ = this.robot_.follow(() => this.draw_());
    // Whoever looks elsewhere does not drive: the page's own beats end then too, but letting go is quicker.
    this.away_ = new AbortController();
    const { signal } = this.away_;
    window.addEventListener('blur', () => this.letGo_(), { signal });
    window.addEventListener('pagehide', () => this.letGo_(), { signal });
    document.addEventListener('visibilitychange', () => document.hidden && this.letGo_(), { signal });
    this.gamepad_.start();
    this.draw_();
  }

  disconnectedCallback() {
    this.gamepad_.stop();
    this.letGo_();
    this.away_?.abort();
    this.release_?.();
  }

  build_() {
    this.robot_ = robotOf(this.api);
    const robot = this.robot_;
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [driveSheet];
    this.stick_ = new Joystick(robot);
    this.gamepad_ = new GamepadStick(robot);
    // No output element: it changes with each frame while a stick moves, and a screen reader would tell nothing else.
    this.speeds_ = make('p', { class: 'speeds' });
    this.limit_ = make('input', {
      id: 'limit',
      type: 'range',
      min: 20,
      max: 100,
      step: 5,
      value: robot.limit,
      oninput: () => robot.setLimit(Number(this.limit_.value)),
    });
    this.limit_text_ = make('span', { class: 'number hint' });
    this.led_ = this.switch_('led');
    this.buzzer_ = this.switch_('buzzer');
    this.why_ = make('p', { class: 'hint' });
    this.notice_ = make('p', { class: 'notice', role: 'status' });
    this.message_ = new MessageBox(robot, (act) => this.act_(act));
    // Held, Enter presses again and again: a switch would flip with each, also in a turn that begins meanwhile.
    root.addEventListener('keydown', (event) => event.repeat && event.key === 'Enter' && event.preventDefault());
    root.append(
      this.why_,
      make(
        'div',
        { class: 'drive' },
        this.stick_.element,
        make(
          'div',
          { class: 'beside' },
          this.speeds_,
          make('label', { for: 'limit' }, 'Top speed ', this.limit_text_),
          this.limit_,
          this.switchRow_('led', 'Light', this.led_),
          this.switchRow_('buzzer', 'Buzzer', this.buzzer_),
        ),
      ),
      make(
        'p',
        { class: 'hint', id: 'stick-how' },
        'Drag the stick, hold the arrow keys or W A S D on it, or use a gamepad.',
      ),
      this.message_.element,
      this.notice_,
    );
  }

  switch_(name) {
    return make('button', {
      type: 'button',
      class: 'switch',
      role: 'switch',
      'aria-labelledby': name,
      onclick: () => this.act_(() => this.robot_.toggle(name)),
    });
  }

  switchRow_(name, title, button) {
    const row = make('div', { class: 'row' }, make('span', { id: name, class: 'label' }, title), button);
    row.hidden = !this.robot_.can(name);
    return row;
  }

  draw_() {
    const { mine, why, wheels, notice, limit } = this.robot_;
    this.stick_.draw();
    // Frames are rare in a window that is hidden: the stop, or the turn's end, may be over before the next one.
    if (!mine) this.gamepad_.letGo();
    setText(this.speeds_, `Left ${wheels.left} %, right ${wheels.right} %`);
    setText(this.limit_text_, `${limit} %`);
    set(this.limit_, 'aria-valuetext', `${limit} percent`);
    for (const [name, button] of Object.entries({ led: this.led_, buzzer: this.buzzer_ })) {
      set(button, 'aria-checked', this.robot_.isOn(name) ? 'true' : 'false');
      set(button, 'aria-disabled', mine ? 'false' : 'true');
    }
    setText(this.why_, mine ? '' : why);
    this.why_.hidden = mine;
    this.message_.draw();
    setText(this.notice_, notice?.text ?? '');
    set(this.notice_, 'class', `notice ${notice?.tone ?? ''}`);
    this.notice_.hidden = !notice;
  }

  letGo_() {
    this.stick_.letGo();
    this.gamepad_.letGo();
    this.robot_.release();
  }

  /** Does it on one's turn, else says why not. */
  act_(act) {
    if (this.robot_.mine) void act();
    else this.robot_.tell('info', this.robot_.why);
  }
}
