import { Camera, sourceText } from './camera.js';
import { make, set, setText } from './dom.js';
import { controlsSheet } from './styles.js';

/** Beside the picture: the arm switch, the capture button with its progress, the newest alarms. */
export class CameraControls extends HTMLElement {
  connectedCallback() {
    if (!this.shadowRoot) this.build_();
    this.release_ = this.camera_.follow(() => this.draw_());
    this.draw_();
  }

  disconnectedCallback() {
    this.release_?.();
  }

  build_() {
    this.camera_ = new Camera(this.api);
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [controlsSheet];
    this.switch_ = make('button', {
      type: 'button',
      class: 'switch',
      role: 'switch',
      'aria-labelledby': 'armed',
      'aria-describedby': 'armed-hint',
      onclick: () => void this.camera_.toggle(),
    });
    this.hint_ = make('p', { class: 'hint', id: 'armed-hint' });
    this.capture_ = make(
      'button',
      { type: 'button', 'aria-describedby': 'progress', onclick: () => void this.camera_.capture() },
      'Capture now',
    );
    this.progress_ = make('p', { class: 'hint', id: 'progress', role: 'status' });
    this.alarms_ = make('ol', { 'aria-labelledby': 'alarms' });
    this.none_ = make('p', { class: 'hint' }, 'No alarms yet.');
    this.notice_ = make('p', { class: 'notice', role: 'status' });
    const gallery = `/captures?${new URLSearchParams({ device: this.api.device })}`;
    root.append(
      make(
        'div',
        { class: 'row' },
        make('span', { id: 'armed', class: 'label' }, 'Watch over the place'),
        this.switch_,
      ),
      this.hint_,
      make('div', { class: 'row' }, this.capture_),
      this.progress_,
      make('a', { href: gallery }, 'All captures of this camera'),
      make('h3', { id: 'alarms' }, 'Alarms'),
      this.alarms_,
      this.none_,
      this.notice_,
    );
  }

  draw_() {
    const { armed, alarms, busy, notice, progress, state, watching, why } = this.camera_;
    set(this.switch_, 'aria-checked', armed ? 'true' : 'false');
    set(this.switch_, 'aria-busy', busy === 'arm' || busy === 'disarm' ? 'true' : null);
    for (const button of [this.switch_, this.capture_]) set(button, 'aria-disabled', why || busy ? 'true' : 'false');
    setText(this.hint_, why || watching);
    set(this.progress_, 'class', state?.capturing ? 'hint recording' : 'hint');
    setText(this.progress_, progress);
    this.drawAlarms_(alarms);
    setText(this.notice_, notice?.text ?? '');
    set(this.notice_, 'class', `notice ${notice?.tone ?? ''}`);
    this.notice_.hidden = !notice;
  }

  /** @param {{at_ms: number, source: string}[]} alarms */
  drawAlarms_(alarms) {
    this.none_.hidden = alarms.length > 0;
    this.alarms_.hidden = alarms.length === 0;
    const drawn = alarms.map(({ at_ms, source }) => `${at_ms} ${source}`).join('\n');
    if (drawn === this.drawn_) return;
    this.drawn_ = drawn;
    this.alarms_.replaceChildren(
      ...alarms.map(({ at_ms, source }) => {
        const at = new Date(at_ms);
        const time = at.toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'medium' });
        return make('li', {}, make('time', { datetime: at.toISOString() }, time), ` ${sourceText(source)}`);
      }),
    );
  }
}
