// What a run of the benchmarks says: lines for people as it goes, and with a file the same as JSON, from which plot.mjs
// draws. A file that is there keeps the kinds that this run does not measure.
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Of runs that have the same shape: the median of each number, by its place. */
function medians(runs) {
  const [first] = runs;
  if (typeof first === 'number') return median(runs);
  if (first === null || typeof first !== 'object') return undefined;
  const keys = Object.keys(first).filter((key) => runs.every((run) => key in run));
  return Object.fromEntries(keys.map((key) => [key, medians(runs.map((run) => run[key]))]));
}

export class Report {
  #file;
  #runs;
  #kinds = {};
  missed = 0;

  constructor(file, runs) {
    this.#file = file;
    this.#runs = runs;
  }

  #of(kind) {
    return (this.#kinds[kind] ??= {
      runs: this.#runs,
      lines: [],
      notes: [],
      figures: {},
    });
  }

  /** One line: what was measured, against what, and whether the goal is met: at most, or where `least`, at least. */
  tell(kind, what, value, goal, unit = 'x', least = false) {
    const met = least ? value >= goal : value <= goal;
    if (!met) this.missed += 1;
    this.#of(kind).lines.push({ what, value, goal, unit, least, met });
    const digits = unit === 'x' ? 2 : 3;
    const bound = `goal ${least ? 'at least ' : ''}${goal} ${unit}`.trimEnd();
    console.log(
      `${kind.padEnd(8)} ${what.padEnd(58)} ${value.toFixed(digits)} ${unit} (${bound}) ${met ? 'met' : 'MISSED'}`,
    );
  }

  note(kind, text) {
    this.#of(kind).notes.push(text);
    console.log(`${kind.padEnd(8)} ${text}`);
  }

  /** The figures of a kind's runs; gives their medians: `of((f) => f.ours.p99 / f.limit.p99)`. */
  medianOf(kind, figures) {
    Object.assign(this.#of(kind).figures, medians(figures));
    return (pick) => median(figures.map(pick));
  }

  async save() {
    if (!this.#file) return;
    let before = {};
    try {
      before = JSON.parse(await readFile(this.#file, 'utf8'));
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
    const [processor] = cpus();
    const machine = {
      processor: processor?.model ?? 'unknown',
      cores: cpus().length,
      memory_gb: Math.round(totalmem() / 1e9),
      kernel: release().match(/^[\d.]+/)?.[0] ?? release(),
      node: process.version,
    };
    const kinds = { ...before.kinds, ...this.#kinds };
    await writeFile(this.#file, JSON.stringify({ machine, kinds }, null, 1) + '\n');
  }
}
