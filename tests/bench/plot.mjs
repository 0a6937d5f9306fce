// Draws the figures of a JSON file of the benchmarks: node plot.mjs FILE DOCS writes DOCS/images/performance-*.svg (bars with
// their values, readable on light and dark pages) and the tables of DOCS/PERFORMANCE.md. What the file lacks is left out.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeTables } from './tables.mjs';

const width = 760;
const left = 330;
const right = 90;
const barHeight = 18;
const who = {
  limit: ['bare epoll', 'limit'],
  ours: ['robohub', 'ours'],
  npm: ['npm', 'peer'],
  'mjpeg-proxy': ['npm mjpeg-proxy', 'peer'],
  ws: ['npm ws', 'peer'],
};

const escape = (text) => String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const say = (value) => {
  const digits = value >= 1000 ? 0 : value >= 100 ? 0 : value >= 10 ? 1 : value >= 0.1 ? 2 : 3;
  return Number(value.toFixed(digits)).toLocaleString('en-GB', {
    maximumFractionDigits: digits,
  });
};

/** Steps of 1, 2 or 5 times a power of ten, about five of them up to `most`. */
function steps(most) {
  const rough = most / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((times) => times * power >= rough) * power;
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, i) => i * step);
}

/** One panel: `groups` are [name, [[who, value]...]], the axis says what and in which unit. */
function panel({ title, axis, groups, goal }, top) {
  const most = Math.max(...groups.flatMap(([, bars]) => bars.map(([, value]) => value)), goal ?? 0);
  const x = (value) => left + (value / most) * (width - left - right);
  const parts = [`<text class="title" x="16" y="${top + 18}">${escape(title)}</text>`];
  let y = top + 34;
  const begin = y;
  const bars = [];
  for (const [name, members] of groups) {
    bars.push(`<text class="group" x="16" y="${y + 13}">${escape(name)}</text>`);
    for (const [key, value] of members) {
      const [label, style] = who[key] ?? [key, 'ours'];
      bars.push(
        `<text class="who" x="${left - 8}" y="${y + 13}">${escape(label)}</text>`,
        `<rect class="${style}" x="${left}" y="${y}" width="${Math.max(1, x(value) - left).toFixed(1)}" height="${barHeight - 4}"/>`,
        `<text class="value" x="${(x(value) + 6).toFixed(1)}" y="${y + 12}">${say(value)}</text>`,
      );
      y += barHeight;
    }
    y += 8;
  }
  for (const value of steps(most))
    parts.push(
      `<line class="grid" x1="${x(value).toFixed(1)}" x2="${x(value).toFixed(1)}" y1="${begin - 4}" y2="${y}"/>`,
      `<text class="tick" x="${x(value).toFixed(1)}" y="${y + 14}">${say(value)}</text>`,
    );
  parts.push(...bars);
  if (goal !== undefined)
    parts.push(
      `<line class="goal" x1="${x(goal).toFixed(1)}" x2="${x(goal).toFixed(1)}" y1="${begin - 4}" y2="${y}"/>`,
    );
  parts.push(
    `<text class="axis" x="${(left + width - right) / 2}" y="${y + 31}">${escape(axis)}${goal === undefined ? '' : `; dashed: goal ${say(goal)}`}</text>`,
  );
  return { text: parts.join('\n'), bottom: y + 48 };
}

const style = `
text { font: 13px system-ui, sans-serif; fill: #1b1f24; }
.title { font-weight: 600; font-size: 14px; } .who { text-anchor: end; } .group { fill: #57606a; }
.tick, .axis { text-anchor: middle; fill: #57606a; font-size: 12px; }
.back { fill: #ffffff; } .grid { stroke: #d0d7de; } .goal { stroke: #b3261e; stroke-dasharray: 4 3; }
.limit { fill: #8c959f; } .ours { fill: #1f6feb; } .peer { fill: #bc4c00; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; } .group, .tick, .axis { fill: #9198a1; } .back { fill: #0d1117; } .grid { stroke: #30363d; }
.goal { stroke: #ff7b72; }
.limit { fill: #6e7681; } .ours { fill: #58a6ff; } .peer { fill: #f0883e; }
}`;

function drawing(name, panels) {
  let top = 8;
  const parts = [];
  for (const one of panels) {
    const drawn = panel(one, top);
    parts.push(drawn.text);
    top = drawn.bottom;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" width="${width}" height="${top}" role="img" aria-label="${escape(name)}">
<style>${style}
</style>
<rect class="back" width="${width}" height="${top}"/>
${parts.join('\n')}
</svg>
`;
}

/** The bars of a kind's figures: limit, robohub, and what people run instead. */
const three = (figures, pick, peer) =>
  ['limit', 'ours', 'npm'].filter((key) => figures[key]).map((key) => [key === 'npm' ? peer : key, pick(figures[key])]);

function drawings(kinds) {
  const of = (kind) => kinds[kind]?.figures;
  const pictures = [
    ['200 viewers', of('mjpeg')],
    ['200 viewers, paced camera', of('paced')?.[200]],
    ['50 viewers, paced camera', of('paced')?.[50]],
  ].filter(([, figures]) => figures);
  const live = [
    ['1,000 pages x 50 messages/s', of('fanout')],
    ['100 pages x 1,000/s, 10 ms tick', of('tick')],
  ].filter(([, figures]) => figures);
  const fromClicks = (who, word) => (of('clicks') ? [[word, [['robohub', of('clicks')[who].us_cpu_per_click]]]] : []);
  const groupsOf = (sets, pick, peer) => sets.map(([name, figures]) => [name, three(figures, pick, peer)]);
  const found = {
    pictures: [
      pictures.length && {
        title: 'One camera, 60 KB x 30 pictures/s: what handing them out costs',
        axis: 'CPU ms for 1,000 pictures (the server process)',
        groups: groupsOf(pictures, (f) => f.cpu_s_per_1000 * 1000, 'mjpeg-proxy'),
      },
      pictures.length && {
        title: 'How old a picture is when it is there',
        axis: 'age, p99, ms (a paced picture alone takes 19 ms to come)',
        groups: groupsOf(pictures, (f) => f.age_p99_ms, 'mjpeg-proxy'),
      },
    ],
    live: [
      live.length && {
        title: 'Live sockets: what a message to one page costs',
        axis: 'CPU us a message (the server process)',
        groups: groupsOf(live, (f) => f.us_cpu_per_message, 'ws'),
      },
      of('capacity') && {
        title: 'The most that 1,000 live sockets get, all of it within 250 ms',
        axis: 'messages a second, thousands',
        groups: [['1,000 pages', three(of('capacity'), (f) => f.received_per_s / 1000, 'ws')]],
      },
    ],
    slow: [
      of('slow') && {
        title: 'A viewer behind a link of 500 KB/s, 8 s after it came',
        axis: 'age of the oldest picture that it is shown, ms',
        groups: [
          [
            '5 of 55 viewers',
            [
              ['ours', of('slow').beside.slow_age_worst_ms],
              ['mjpeg-proxy', of('slow').npm.slow_age_worst_ms],
            ],
          ],
        ],
        goal: 300,
      },
    ],
    sockets: [
      of('sockets') && {
        title: 'Memory of one idle live socket, of 10,000',
        axis: 'KB resident',
        groups: [['signed in, watching', three(of('sockets'), (f) => f.kb_per_client, 'ws')]],
        goal: 1.5,
      },
    ],
    clicks: [
      (of('clicks') || of('command')) && {
        title: 'From a click to the device: what it costs the hub',
        axis: 'CPU us a click (the hub process; signed in, leased, validated)',
        groups: [
          ...fromClicks('one', 'one person, 400/s'),
          ...(of('command')
            ? [['the same, real agent and driver', [['robohub', of('command').ours.us_cpu_per_click]]]]
            : []),
          ...fromClicks('many', '25 people, 20,000/s in all'),
        ],
        goal: 19.95,
      },
    ],
  };
  return Object.entries(found)
    .map(([name, panels]) => [name, panels.filter(Boolean)])
    .filter(([, panels]) => panels.length);
}

export async function plot(file, docs) {
  const result = JSON.parse(await readFile(file, 'utf8'));
  await writeTables(result, join(docs, 'PERFORMANCE.md'));
  for (const [name, panels] of drawings(result.kinds))
    await writeFile(join(docs, 'images', `performance-${name}.svg`), drawing(`performance: ${name}`, panels));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await plot(process.argv[2], process.argv[3]);
