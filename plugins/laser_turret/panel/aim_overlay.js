import { make, makeSvg, set, setText } from './dom.js';
import { overlaySheet } from './styles.js';
import { turretOf } from './turret.js';

/** Steps of the arrow keys in picture pixels: alone, and with Shift. */
const step_px = 8;
const leap_px = 40;
const fine_px = 1;

const arrows = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/**
 * Lies exactly over the picture. On one's turn a click or a drag aims there; arrow keys move a cursor and Enter aims.
 * While a calibration is being made it shows the four points instead, to be dragged or moved by the arrow keys.
 */
export class AimOverlay extends HTMLElement {
  connectedCallback() {
    if (!this.shadowRoot) this.build_();
    this.turret_ = turretOf(this.api);
    this.release_ = this.turret_.follow(() => this.draw_());
    this.draw_();
  }

  disconnectedCallback() {
    // The controls may stay (another camera is shown): nothing drags on when this comes back.
    this.turret_?.drag.letGo();
    this.release_?.();
  }

  build_() {
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [overlaySheet];
    this.reported_ = makeSvg('g', { class: 'reported' }, makeSvg('circle', { r: 9 }));
    this.aimed_ = makeSvg(
      'g',
      { class: 'aimed' },
      makeSvg('circle', { r: 15 }),
      makeSvg('path', { d: 'M-24 0h12M12 0h12M0-24v12M0 12v12' }),
    );
    this.cursor_ = makeSvg(
      'g',
      { class: 'cursor' },
      makeSvg('path', { d: 'M-18 0h36M0-18v36' }),
      makeSvg('circle', { r: 6 }),
    );
    this.area_ = makeSvg('polygon', { class: 'area' });
    this.marks_ = makeSvg(
      'svg',
      { 'aria-hidden': 'true', preserveAspectRatio: 'none' },
      this.area_,
      this.reported_,
      this.aimed_,
      this.cursor_,
    );
    this.surface_ = make('div', {
      class: 'surface',
      tabindex: 0,
      role: 'application',
      'aria-label': 'Aim the laser in the picture',
      'aria-describedby': 'how',
      onpointerdown: (event) => this.press_(event),
      onpointermove: (event) => this.drag_(event),
      onpointerup: (event) => this.turret_.drag.lift(event),
      onpointercancel: (event) => this.turret_.drag.lift(event),
      onlostpointercapture: (event) => this.turret_.drag.lift(event),
      oncontextmenu: (event) => this.turret_.mine && event.preventDefault(),
      onkeydown: (event) => this.key_(event),
    });
    this.handles_ = [0, 1, 2, 3].map((i) =>
      make(
        'button',
        {
          class: 'handle',
          type: 'button',
          onpointerdown: (event) => this.grab_(event, i),
          onpointermove: (event) => this.carry_(event, i),
          onclick: () => this.choose_(i),
          onkeydown: (event) => this.moveHandle_(event, i),
        },
        String(i + 1),
      ),
    );
    this.notice_ = make('p', { class: 'notice', role: 'status' });
    root.append(
      this.surface_,
      this.marks_,
      make('p', { id: 'how', class: 'unseen' }, 'Arrow keys move the cursor, with Shift further. Enter aims.'),
      ...this.handles_,
      this.notice_,
    );
  }

  draw_() {
    const { picture, aims, draft, pointing, aimed, cursor } = this.turret_;
    const calibrating = draft.open;
    set(this, 'calibrating', calibrating);
    set(this, 'mine', aims && !calibrating);
    set(this.surface_, 'aria-disabled', aims ? 'false' : 'true');
    set(this.marks_, 'viewBox', `0 0 ${picture.width} ${picture.height}`);
    const lit = pointing?.laser && Number.isFinite(pointing.x_px) && Number.isFinite(pointing.y_px);
    place(this.reported_, lit ? pointing : null);
    place(this.aimed_, calibrating ? null : aimed);
    set(this.aimed_, 'class', aimed?.refused ? 'aimed refused' : 'aimed');
    place(this.cursor_, aims && !calibrating ? cursor : null);
    set(this.area_, 'visibility', calibrating ? 'visible' : 'hidden');
    set(this.area_, 'points', draft.pairs.map((pair) => `${pair.x_px},${pair.y_px}`).join(' '));
    this.handles_.forEach((handle, i) => this.drawHandle_(handle, i));
    this.drawNotice_();
  }

  drawHandle_(handle, i) {
    const { draft, picture } = this.turret_;
    const pair = draft.pairs[i];
    handle.hidden = !draft.open || !pair;
    if (!pair) return;
    handle.style.left = `${(100 * (pair.x_px + 0.5)) / picture.width}%`;
    handle.style.top = `${(100 * (pair.y_px + 0.5)) / picture.height}%`;
    const state = draft.taken(i) ? 'taken' : 'not taken yet';
    set(handle, 'aria-label', `Point ${i + 1} at ${pair.x_px}, ${pair.y_px}, ${state}. Arrow keys move it.`);
    set(handle, 'aria-pressed', draft.step === i ? 'true' : 'false');
    set(handle, 'class', `handle${draft.step === i ? ' chosen' : ''}${draft.taken(i) ? ' taken' : ''}`);
  }

  drawNotice_() {
    const { notice, whyNoAim, aims, aimed, draft } = this.turret_;
    let text = '';
    if (notice?.tone === 'wrong') text = notice.text;
    else if (this.asked_) text = whyNoAim;
    else if (aims && !aimed && !draft.open) text = 'Click or drag in the picture to aim.';
    setText(this.notice_, text);
    set(this.notice_, 'class', notice?.tone === 'wrong' ? 'notice wrong' : 'notice');
    this.notice_.hidden = text === '';
  }

  /** Says gently why nothing moves. */
  explain_() {
    this.asked_ = true;
    clearTimeout(this.asking_);
    this.asking_ = setTimeout(() => {
      this.asked_ = false;
      if (this.isConnected) this.draw_();
    }, 3000);
    this.draw_();
  }

  /** The point of the picture under the pointer. */
  pointOf_(event) {
    const box = this.surface_.getBoundingClientRect();
    const { width, height } = this.turret_.picture;
    const inside = (value, most) => Math.min(Math.max(value, 0), most - 1);
    return {
      x_px: inside(Math.round(((event.clientX - box.left) / box.width) * width), width),
      y_px: inside(Math.round(((event.clientY - box.top) / box.height) * height), height),
    };
  }

  press_(event) {
    if (event.button !== 0 || event.ctrlKey) return;
    if (!this.turret_.aims) return this.explain_();
    if (this.turret_.draft.open || !this.turret_.drag.press(event)) return;
    this.surface_.setPointerCapture(event.pointerId);
    this.turret_.cursor = null;
    this.turret_.aim(this.pointOf_(event));
  }

  drag_(event) {
    if (this.turret_.drag.drags(event) && !this.turret_.draft.open) this.turret_.aim(this.pointOf_(event));
  }

  key_(event) {
    const turret = this.turret_;
    const arrow = arrows[event.key];
    const go = event.key === 'Enter' || event.key === ' ';
    if ((!arrow && !go) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    // A held Enter would aim again and again, also behind a stop.
    if (turret.draft.open || (go && event.repeat)) return;
    if (!turret.aims) return this.explain_();
    const { width, height } = turret.picture;
    const from = turret.cursor ??
      turret.aimed ?? {
        x_px: Math.round(width / 2),
        y_px: Math.round(height / 2),
      };
    if (go) {
      turret.cursor = { x_px: from.x_px, y_px: from.y_px };
      turret.aim(turret.cursor);
      return;
    }
    const by = event.altKey ? fine_px : event.shiftKey ? leap_px : step_px;
    turret.cursor = {
      x_px: Math.min(Math.max(from.x_px + arrow[0] * by, 0), width - 1),
      y_px: Math.min(Math.max(from.y_px + arrow[1] * by, 0), height - 1),
    };
    turret.change();
  }

  grab_(event, i) {
    if (event.button !== 0) return;
    this.handles_[i].setPointerCapture(event.pointerId);
    this.choose_(i);
  }

  carry_(event, i) {
    if (!this.handles_[i].hasPointerCapture(event.pointerId)) return;
    const { x_px, y_px } = this.pointOf_(event);
    this.moveTo_(i, x_px, y_px);
  }

  choose_(i) {
    this.turret_.draft.choose(i);
    this.turret_.change();
  }

  moveHandle_(event, i) {
    const arrow = arrows[event.key];
    const pair = this.turret_.draft.pairs[i];
    if (!arrow || !pair) return;
    event.preventDefault();
    const by = event.shiftKey ? 10 : 1;
    this.turret_.draft.choose(i);
    this.moveTo_(i, pair.x_px + arrow[0] * by, pair.y_px + arrow[1] * by);
  }

  moveTo_(i, x_px, y_px) {
    this.turret_.draft.move(i, x_px, y_px, this.turret_.picture);
    this.turret_.change();
  }
}

/** Moves a mark to a point of the picture (the middle of that pixel), or hides it. */
function place(mark, point) {
  set(mark, 'visibility', point ? 'visible' : 'hidden');
  if (point) set(mark, 'transform', `translate(${point.x_px + 0.5} ${point.y_px + 0.5})`);
}
