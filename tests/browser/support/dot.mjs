// Where the laser's dot really is: seen in the camera's picture, not told by a message.
import { jpeg } from './packages.mjs';

/** Less red than this above the other colours is no dot. */
const least_redness = 70;
/** Pixels of one dot lie at most this far from its reddest. */
const reach_px = 12;

/**
 * Finds the dot in a JPEG: the middle of the reddest spot, or null when nothing is red enough.
 * @param {Buffer} picture
 * @returns {{x: number, y: number, redness: number, width: number, height: number} | null}
 */
export function findDot(picture) {
  const { data, width, height } = jpeg.decode(picture, { useTArray: true });
  const redness = (i) => data[i] - Math.max(data[i + 1], data[i + 2]);
  let best = 0;
  for (let i = 0; i < data.length; i += 4) if (redness(i) > redness(best)) best = i;
  const most = redness(best);
  if (most < least_redness) return null;
  const peak = { x: (best / 4) % width, y: Math.floor(best / 4 / width) };
  let [sum, x, y] = [0, 0, 0];
  for (let py = Math.max(0, peak.y - reach_px); py <= Math.min(height - 1, peak.y + reach_px); py += 1) {
    for (let px = Math.max(0, peak.x - reach_px); px <= Math.min(width - 1, peak.x + reach_px); px += 1) {
      const weight = redness(4 * (py * width + px)) - most / 2;
      if (weight <= 0) continue;
      sum += weight;
      x += weight * px;
      y += weight * py;
    }
  }
  return { x: x / sum, y: y / sum, redness: most, width, height };
}

/** The newest picture of a device, asked for as this page's person. */
export async function still(page, device = 'lab-turret') {
  const answer = await page.request.get(new URL(`/api/v1/devices/${device}/streams/main.jpg`, page.url()).href);
  if (!answer.ok()) throw new Error(`The still came with status ${answer.status()}.`);
  return answer.body();
}

export async function seeDot(page) {
  return findDot(await still(page));
}

export function distance(a, b) {
  return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : Infinity;
}

/** Random numbers from a seed, so that a failure can be run again (mulberry32, public domain). */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
