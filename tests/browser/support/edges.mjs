// What a lab device's pins really did, whatever its programs say: the file that its models write (sdk/hw/model/edges.hpp).
import { readFile } from 'node:fs/promises';

const header_bytes = 64;
const record_bytes = 16;

/**
 * Every change of an output that the file still holds, oldest first. `number` counts them since the file was made.
 * @param {string} file
 * @returns {Promise<{number: number, output: number, value: number}[]>}
 */
export async function edgesOf(file) {
  const bytes = await readFile(file);
  if (bytes.toString('latin1', 0, 8) !== 'RHEDGES1') throw new Error(`${file} is no edges file.`);
  const capacity = bytes.readUInt32LE(8);
  const count = Number(bytes.readBigUInt64LE(32));
  const edges = [];
  for (let number = Math.max(0, count - capacity); number < count; number += 1) {
    const at = header_bytes + (number % capacity) * record_bytes;
    edges.push({ number, output: bytes.readUInt32LE(at + 8), value: bytes.readUInt32LE(at + 12) });
  }
  return edges;
}

/**
 * The newest value of each output, by its number.
 * @param {string} file
 * @returns {Promise<Map<number, number>>}
 */
export async function outputsOf(file) {
  return new Map((await edgesOf(file)).map(({ output, value }) => [output, value]));
}
