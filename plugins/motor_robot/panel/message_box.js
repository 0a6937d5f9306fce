import { make, set, setText } from './dom.js';

/** As the type declares it. */
const most_characters = 120;

/** Whether every robot can show this; those of the older program know ASCII only. */
export function isPlain(text) {
  return [...text].every((c) => c >= ' ' && c <= '~');
}

/** A line of text for the robot, and the newest one that it shows. */
export class MessageBox {
  /** @param {import('./robot.js').Robot} robot @param {(act: () => unknown) => void} act runs what the turn allows */
  constructor(robot, act) {
    this.robot_ = robot;
    this.text_ = make('input', {
      id: 'text',
      type: 'text',
      maxlength: most_characters,
      autocomplete: 'off',
      'aria-describedby': 'plain',
      oninput: () => this.draw(),
    });
    this.send_ = make('button', { type: 'submit' }, 'Send');
    this.hint_ = make('p', { class: 'hint', id: 'plain' });
    this.shown_ = make('p', { class: 'shown', 'aria-live': 'polite' });
    this.element = make(
      'form',
      {
        class: 'message',
        onsubmit: (event) => {
          event.preventDefault();
          if (this.text_.value.trim() !== '') act(() => this.say_());
        },
      },
      make('label', { for: 'text' }, 'Message'),
      make('div', { class: 'row' }, this.text_, this.send_),
      this.hint_,
      this.shown_,
    );
    this.element.hidden = !robot.can('message');
  }

  draw() {
    set(this.send_, 'aria-disabled', this.robot_.mine ? 'false' : 'true');
    setText(this.hint_, isPlain(this.text_.value) ? '' : 'Older robots can show plain ASCII letters only.');
    this.hint_.hidden = this.hint_.textContent === '';
    const text = this.robot_.message?.text ?? '';
    setText(this.shown_, text === '' ? '' : `At the robot: ${text}`);
    this.shown_.hidden = text === '';
  }

  async say_() {
    const said = this.text_.value;
    if ((await this.robot_.run('message', { text: said })) === null) return;
    if (this.text_.value === said) this.text_.value = '';
    this.draw();
  }
}
