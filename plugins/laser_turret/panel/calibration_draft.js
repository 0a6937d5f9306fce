/**
 * One of the four pairs of a calibration: a point of the picture, and the servo counts that put the dot on it (null
 * until they were taken).
 * @typedef {{x_px: number, y_px: number, x_counts: number | null, y_counts: number | null}} DraftPair
 */

/** Where the four points start when there is no calibration yet, as parts of the picture. */
const start = [
  [0.3, 0.45],
  [0.7, 0.45],
  [0.7, 0.9],
  [0.3, 0.9],
];

/** A calibration that is being made. It lives in the tab's storage, so that a reload does not lose a careful quarter of an hour. */
export class CalibrationDraft {
  /** @param {string} device @param {Storage | null} storage */
  constructor(device, storage) {
    this.key_ = `robohub.laser_turret.calibration.${device}`;
    this.storage_ = storage;
    /** @type {DraftPair[]} */
    this.pairs = [];
    this.step = 0;
    this.open = false;
    this.load_();
  }

  /**
   * Opens a new draft: at the old calibration's points if there is one (their counts are to be taken anew).
   * @param {{width: number, height: number}} picture
   * @param {{x_px: number, y_px: number}[] | undefined} old
   */
  begin(picture, old) {
    this.pairs = start.map(([x, y], i) => ({
      x_px: Math.round(old?.[i]?.x_px ?? x * picture.width),
      y_px: Math.round(old?.[i]?.y_px ?? y * picture.height),
      x_counts: null,
      y_counts: null,
    }));
    this.step = 0;
    this.open = true;
    this.save_();
  }

  /** Throws the draft away; the device's calibration was never touched. */
  discard() {
    this.pairs = [];
    this.step = 0;
    this.open = false;
    this.save_();
  }

  /** @param {number} step 0 to 3 */
  choose(step) {
    this.step = step;
    this.save_();
  }

  /**
   * Moves a point of the picture. Counts that were taken for it stay: the person may be putting the marker on the dot.
   * @param {number} i @param {number} x_px @param {number} y_px @param {{width: number, height: number}} picture
   */
  move(i, x_px, y_px, picture) {
    const pair = this.pairs[i];
    if (!pair) return;
    pair.x_px = clamp(Math.round(x_px), picture.width - 1);
    pair.y_px = clamp(Math.round(y_px), picture.height - 1);
    this.save_();
  }

  /**
   * Takes the servos' present counts for the current point and goes on to the next that has none.
   * @param {{x_counts: number, y_counts: number}} counts
   */
  take({ x_counts, y_counts }) {
    const pair = this.pairs[this.step];
    if (!pair) return;
    Object.assign(pair, { x_counts, y_counts });
    const rest = [1, 2, 3].map((on) => (this.step + on) % 4).find((i) => !this.taken(i));
    if (rest !== undefined) this.step = rest;
    this.save_();
  }

  /** @param {number} i */
  taken(i) {
    const pair = this.pairs[i];
    return pair !== undefined && pair.x_counts !== null && pair.y_counts !== null;
  }

  get complete() {
    return this.pairs.length === 4 && this.pairs.every((_, i) => this.taken(i));
  }

  load_() {
    try {
      const kept = JSON.parse(this.storage_?.getItem(this.key_) ?? 'null');
      if (!kept?.open || !Array.isArray(kept.pairs) || kept.pairs.length !== 4) return;
      this.pairs = kept.pairs;
      this.step = Number.isInteger(kept.step) ? kept.step : 0;
      this.open = true;
    } catch {
      // What cannot be read is no draft.
    }
  }

  save_() {
    try {
      if (this.open)
        this.storage_?.setItem(this.key_, JSON.stringify({ open: true, pairs: this.pairs, step: this.step }));
      else this.storage_?.removeItem(this.key_);
    } catch {
      // A full or closed storage only means that a reload starts anew.
    }
  }
}

/** @param {number} value @param {number} most */
function clamp(value, most) {
  return Math.min(Math.max(value, 0), most);
}
