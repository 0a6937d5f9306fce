import { makeSvg, set } from './dom.js';

/** The body in two views, from the side and from behind, without anything that a browser could lack. */
export class FlatBody {
  constructor() {
    this.side_ = view(50, [
      makeSvg('rect', { class: 'body', x: -30, y: -16, width: 60, height: 14, rx: 3 }),
      makeSvg('path', { class: 'bow', d: 'M30 -14l9 7l-9 5z' }),
      makeSvg('circle', { class: 'wheel', cx: -19, cy: 2, r: 9 }),
      makeSvg('circle', { class: 'wheel', cx: 19, cy: 2, r: 9 }),
    ]);
    this.back_ = view(150, [
      makeSvg('rect', { class: 'body', x: -18, y: -18, width: 36, height: 16, rx: 3 }),
      makeSvg('rect', { class: 'wheel', x: -28, y: -8, width: 9, height: 18, rx: 2 }),
      makeSvg('rect', { class: 'wheel', x: 19, y: -8, width: 9, height: 18, rx: 2 }),
    ]);
    const word = (x, text) => {
      const element = makeSvg('text', { x, y: 96, 'text-anchor': 'middle' });
      element.textContent = text;
      return element;
    };
    this.element = makeSvg(
      'svg',
      { viewBox: '0 0 200 104', 'aria-hidden': 'true', class: 'flat' },
      makeSvg('path', { class: 'level', d: 'M8 50h84M108 50h84' }),
      this.side_,
      this.back_,
      word(50, 'side'),
      word(150, 'behind'),
    );
  }

  /** @param {{pitch_deg: number, roll_deg: number}} lean */
  draw({ pitch_deg, roll_deg }) {
    set(this.side_.firstChild, 'transform', `rotate(${-pitch_deg})`);
    set(this.back_.firstChild, 'transform', `rotate(${roll_deg})`);
  }

  end() {}
}

function view(x, shapes) {
  return makeSvg('g', { transform: `translate(${x} 50)` }, makeSvg('g', {}, ...shapes));
}
