/** How hard both sides turn, -100 to 100 percent; forwards is positive. @typedef {{left: number, right: number}} Wheels */

/** Nearer to the middle than this a stick counts as let go. */
export const dead_zone = 0.1;

/** @type {Wheels} */
export const stopped = Object.freeze({ left: 0, right: 0 });

/**
 * A stick's place, x to the right and y forwards, each -1 to 1, into two motors: forwards is both alike, sideways turns
 * on the spot, and in between the inner side is the slower one.
 * @param {{x: number, y: number}} stick
 * @param {number} limit the most that a motor gets, in percent
 * @returns {Wheels}
 */
export function mix({ x, y }, limit = 100) {
  if (!Number.isFinite(x) || !Number.isFinite(y)) return stopped;
  const size = Math.min(Math.hypot(x, y), 1);
  if (size < dead_zone) return stopped;
  // Behind the dead zone it begins softly; what is beyond the circle counts as its rim.
  const strength = (size - dead_zone) / (1 - dead_zone);
  const [right_part, forward_part] = [x, y].map((part) => part / Math.hypot(x, y));
  const left = forward_part + right_part;
  const right = forward_part - right_part;
  const most = Math.max(Math.abs(left), Math.abs(right));
  const percent = (part) => Math.round((part / most) * strength * clamp(limit, 0, 100)) + 0;
  return { left: percent(left), right: percent(right) };
}

/** @param {Wheels} wheels */
export function isStopped({ left, right }) {
  return left === 0 && right === 0;
}

/** @param {number} value @param {number} least @param {number} most */
export function clamp(value, least, most) {
  return Math.min(Math.max(value, least), most);
}
