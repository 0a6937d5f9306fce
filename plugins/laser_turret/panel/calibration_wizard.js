import { make, set, setText } from './dom.js';
import { NudgePad } from './nudge_pad.js';

/** What the driver takes for a servo (its schema says the same). */
const servo = { least: 150, most: 600 };

/**
 * Four points, one after the other: bring the dot somewhere (nudge, or type servo values), put the marker on the dot,
 * take it. Nothing changes at the device until the fourth is taken and the whole is saved.
 */
export class CalibrationWizard {
  /** @param {import('./turret.js').Turret} turret @param {(act: () => unknown) => void} act runs what the turn allows */
  constructor(turret, act) {
    this.turret_ = turret;
    this.act_ = act;
    this.title_ = make('h3', { tabindex: -1 });
    this.points_ = [0, 1, 2, 3].map((i) =>
      make('button', { type: 'button', class: 'point', onclick: () => this.choose_(i) }, String(i + 1)),
    );
    this.x_px_ = this.number_('Picture x', 'px', () => this.typedPoint_());
    this.y_px_ = this.number_('Picture y', 'px', () => this.typedPoint_());
    this.x_counts_ = this.number_('Servo x', 'counts', () => this.checkServo_());
    this.y_counts_ = this.number_('Servo y', 'counts', () => this.checkServo_());
    this.wrong_ = make('p', {
      class: 'wrong',
      role: 'alert',
      id: 'servo-wrong',
    });
    this.move_ = make('button', { type: 'button', onclick: () => act(() => this.moveServos_()) }, 'Move servos');
    this.take_ = make('button', {
      type: 'button',
      class: 'primary',
      onclick: () => act(() => this.takePoint_()),
    });
    this.save_ = make(
      'button',
      {
        type: 'button',
        class: 'primary',
        onclick: () => act(() => this.savePoints_()),
      },
      'Save calibration',
    );
    this.cancel_ = make('button', { type: 'button', onclick: () => this.discard_() }, 'Cancel');
    this.pad_ = new NudgePad(turret, act);
    this.how_ = make('p', { class: 'hint' });
    this.element = make(
      'div',
      { class: 'group', role: 'group', 'aria-label': 'Calibration' },
      this.title_,
      make('div', { class: 'points', role: 'group', 'aria-label': 'Points' }, ...this.points_),
      this.how_,
      this.pad_.element,
      make('div', { class: 'pair' }, this.x_counts_.element, this.y_counts_.element),
      this.wrong_,
      this.move_,
      make('div', { class: 'pair' }, this.x_px_.element, this.y_px_.element),
      this.take_,
      make('div', { class: 'row' }, this.cancel_, this.save_),
    );
  }

  focus() {
    this.title_.focus();
  }

  draw() {
    const { draft, mine, busy, pointing, picture } = this.turret_;
    this.element.hidden = !draft.open;
    if (!draft.open) return;
    const pair = draft.pairs[draft.step];
    const may = mine && !busy ? 'false' : 'true';
    // A draft that was begun before the operator forbade it.
    const fixed = this.turret_.whyNoCalibration;
    setText(this.title_, draft.complete ? 'All four points are taken' : `Point ${draft.step + 1} of 4`);
    setText(
      this.how_,
      fixed
        ? `${fixed} Cancel to go back.`
        : draft.complete
          ? 'Save them, or choose one to take it again.'
          : `Bring the dot to a corner of your playing field, drag marker ${draft.step + 1} onto it, then take the point.`,
    );
    this.points_.forEach((button, i) => {
      set(button, 'aria-pressed', draft.step === i ? 'true' : 'false');
      set(button, 'aria-label', `Point ${i + 1}, ${draft.taken(i) ? 'taken' : 'not taken yet'}`);
      set(button, 'class', draft.taken(i) ? 'point taken' : 'point');
    });
    this.x_px_.show(pair.x_px, picture.width - 1);
    this.y_px_.show(pair.y_px, picture.height - 1);
    // Typed values stay until the servos have moved; then what they report is shown.
    const counts = `${pointing?.x_counts} ${pointing?.y_counts}`;
    if (counts !== this.shown_counts_ && pointing) {
      this.shown_counts_ = counts;
      this.x_counts_.show(pointing.x_counts, servo.most, servo.least);
      this.y_counts_.show(pointing.y_counts, servo.most, servo.least);
    }
    setText(this.take_, `Take point ${draft.step + 1}`);
    for (const button of [this.move_, this.take_]) set(button, 'aria-disabled', may);
    set(this.take_, 'class', draft.complete ? '' : 'primary');
    set(this.save_, 'aria-disabled', draft.complete && !fixed ? may : 'true');
    this.pad_.draw();
  }

  choose_(i) {
    this.turret_.draft.choose(i);
    this.turret_.change();
  }

  typedPoint_() {
    const x_px = this.x_px_.value();
    const y_px = this.y_px_.value();
    if (x_px === null || y_px === null) return;
    this.turret_.draft.move(this.turret_.draft.step, x_px, y_px, this.turret_.picture);
    this.turret_.change();
  }

  /** The typed servo values, or null with the reason beside the fields. */
  checkServo_() {
    const counts = [this.x_counts_, this.y_counts_].map((field) => {
      const value = field.value();
      const good = value !== null && Number.isInteger(value) && value >= servo.least && value <= servo.most;
      field.mark(!good);
      return good ? value : null;
    });
    const [x_counts, y_counts] = counts;
    const good = x_counts !== null && y_counts !== null;
    setText(this.wrong_, good ? '' : `Servo values are whole numbers from ${servo.least} to ${servo.most}.`);
    return good ? { x_counts, y_counts } : null;
  }

  async moveServos_() {
    const counts = this.checkServo_();
    if (counts) await this.turret_.run('servo', counts);
  }

  takePoint_() {
    const { pointing, draft } = this.turret_;
    if (!pointing) {
      this.turret_.tell('wrong', 'The turret has not said yet where its servos stand.');
      return;
    }
    draft.take(pointing);
    this.turret_.change();
  }

  async savePoints_() {
    if (this.turret_.draft.complete) await this.turret_.calibrate();
    else this.turret_.tell('info', 'Take all four points first.');
  }

  discard_() {
    this.turret_.draft.discard();
    this.turret_.tell('info', 'Cancelled. The old calibration is as it was.');
  }

  number_(label, unit, changed) {
    const id = label.toLowerCase().replace(' ', '-');
    const input = make('input', {
      id,
      type: 'number',
      inputmode: 'numeric',
      step: 1,
      'aria-describedby': 'servo-wrong',
      oninput: changed,
    });
    return {
      element: make(
        'div',
        { class: 'field' },
        make('label', { for: id }, `${label} `, make('span', { class: 'hint' }, unit)),
        input,
      ),
      value: () => (input.value.trim() === '' ? null : Number(input.value)),
      mark: (wrong) => set(input, 'aria-invalid', wrong ? 'true' : 'false'),
      show: (value, most, least = 0) => {
        set(input, 'min', least);
        set(input, 'max', most);
        if (input.value !== String(value)) input.value = String(value);
      },
    };
  }
}
