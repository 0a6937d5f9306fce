// The tables of docs/PERFORMANCE.md from the JSON of a run; they stand between two comments, all else is written by hand.
import { readFile, writeFile } from 'node:fs/promises';

const begin = '<!-- figures: written by script/bench --plot -->';
const end = '<!-- end of figures -->';

const number = (value, unit) => {
  const digits =
    unit === 'x' ? 2 : value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : value >= 0.1 ? 2 : 3;
  return `${value.toFixed(digits)} ${unit}`.trimEnd();
};

function rows({ lines }) {
  return lines.map(({ what, value, goal, unit, least, met }) => {
    const bound = `at ${least ? 'least' : 'most'} ${number(goal, unit)}`;
    return `| ${what} | ${number(value, unit)} | ${bound} | ${met ? 'met' : '**missed**'} |`;
  });
}

export function tables({ machine, kinds }) {
  const parts = [
    `Measured on: ${machine.processor}, ${machine.cores} cores, ${machine.memory_gb} GB, Linux ${machine.kernel}, ` +
      `node ${machine.node}.`,
  ];
  for (const [kind, found] of Object.entries(kinds)) {
    if (!found.lines.length) continue;
    parts.push('', `**\`${kind}\`**, median of ${found.runs} ${found.runs === 1 ? 'run' : 'runs'}`, '');
    for (const note of found.notes) parts.push(`- ${note}`);
    if (found.notes.length) parts.push('');
    parts.push('| what | measured | goal | |', '| --- | --- | --- | --- |', ...rows(found));
  }
  return parts.join('\n');
}

/** Puts the tables into a document that has the two comments. */
export async function writeTables(result, document) {
  const text = await readFile(document, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${document} has no place for figures`);
  await writeFile(document, `${text.slice(0, from)}${begin}\n${tables(result)}\n\n${text.slice(to)}`);
}
