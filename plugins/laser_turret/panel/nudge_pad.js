import { make, set, setText } from './dom.js';

const steps = [1, 5, 20];

/** Four arrows that nudge the servos by a chosen number of counts, and where the servos stand. */
export class NudgePad {
  /** @param {import('./turret.js').Turret} turret @param {(act: () => unknown) => void} act runs what the turn allows */
  constructor(turret, act) {
    this.turret_ = turret;
    this.counts_ = 5;
    const nudge = (axis, sign, name, glyph) =>
      make(
        'button',
        {
          type: 'button',
          class: `nudge ${name}`,
          'aria-label': `Nudge ${name}`,
          onclick: () => act(() => turret.run('nudge', { axis, counts: sign * this.counts_ })),
        },
        glyph,
      );
    this.buttons_ = [
      nudge('y', 1, 'up', '↑'),
      nudge('x', -1, 'left', '←'),
      nudge('x', 1, 'right', '→'),
      nudge('y', -1, 'down', '↓'),
    ];
    this.steps_ = steps.map((counts) =>
      make(
        'button',
        {
          type: 'button',
          class: 'step',
          'aria-label': `Nudge by ${counts} counts`,
          onclick: () => this.choose_(counts),
        },
        String(counts),
      ),
    );
    this.where_ = make('p', { class: 'hint number' });
    this.element = make(
      'div',
      { class: 'pad', role: 'group', 'aria-label': 'Nudge' },
      make('div', { class: 'cross' }, ...this.buttons_),
      make(
        'div',
        { class: 'group' },
        make('span', { class: 'label' }, 'Step'),
        make('div', { class: 'steps' }, ...this.steps_),
        this.where_,
      ),
    );
  }

  draw() {
    const { mine, pointing } = this.turret_;
    for (const button of this.buttons_) set(button, 'aria-disabled', mine ? 'false' : 'true');
    this.steps_.forEach((button, i) => set(button, 'aria-pressed', steps[i] === this.counts_ ? 'true' : 'false'));
    setText(this.where_, pointing ? `x ${pointing.x_counts}, y ${pointing.y_counts} counts` : '');
  }

  choose_(counts) {
    this.counts_ = counts;
    this.draw();
  }
}
