// What a lab device's pins really did, whatever its programs say: the file that its models write (sdk/hw/model/edges.hpp).
import { readFile } from 'node:fs/promises';

const header_bytes = 64;
const record_bytes = 16;

/**
 * The newest value of each output, by its number.
 * @param {string} file
 * @returns {Promise<Map<number, number>>}
 */
export async function outputsOf(file) {
  const bytes = await readFile(file);
  if (bytes.toString('latin1', 0, 8) !== 'RHEDGES1') throw new Error(`${file} is no edges file.`);
  const capacity = bytes.readUInt32LE(8);
  const count = Number(bytes.readBigUInt64LE(32));
  const values = new Map();
  for (let i = Math.max(0, count - capacity); i < count; i += 1) {
    const at = header_bytes + (i % capacity) * record_bytes;
    values.set(bytes.readUInt32LE(at + 8), bytes.readUInt32LE(at + 12));
  }
  return values;
}
