// The benchmarks of script/bench: node run.mjs BUILD_FOLDER RUNS STRICT [--json=FILE [--plot=DOCS]] KIND... Each line is a ratio against a
// bare yardstick (and against what people run instead) from the same run; of several runs the median.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { click, clicks, command, guesses, startClickedHub } from './commands.mjs';
import { mqtt, pull } from './foreign.mjs';
import { capacity, fanout, sockets, tick } from './live.mjs';
import { crowd, mjpeg, paced, slow } from './pictures.mjs';
import { plot } from './plot.mjs';
import { measure, startHub, startServer, stopAll, temporaryFolder } from './programs.mjs';
import { Report } from './report.mjs';
import { robots } from './robots.mjs';
import { upload } from './upload.mjs';

const [build, runsText, strict, ...rest] = process.argv.slice(2);
const kinds = rest.filter((word) => !word.startsWith('--'));
const option = (name) => rest.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
const file = option('json');
const runs = Number(runsText);
const report = new Report(file, runs);
const tool = (name) => join(build, 'bench', name);
const peer = (name) => join(dirname(fileURLToPath(import.meta.url)), 'peers', name);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const tell = (...line) => report.tell(...line);
const note = (kind, text) => report.note(kind, text);
function demand(condition, sentence) {
  if (!condition) throw new Error(sentence);
}

let measured = '';
/** Runs `one(folder)` as often as asked for, each time from nothing, and gives the figures by name. */
async function repeat(one) {
  const figures = [];
  for (let run = 0; run < runs; ++run) {
    const folder = await temporaryFolder();
    try {
      figures.push(await one(folder.path));
    } finally {
      await stopAll();
      await folder.remove();
    }
  }
  return report.medianOf(measured, figures);
}

async function hostile() {
  const of = await repeat(async (folder) => {
    const limitServer = await startServer(tool('limit_ws'), []);
    const limit = await measure(tool('hostile'), [
      `--url=ws://127.0.0.1:${limitServer.port}/sub`,
      `--pid=${limitServer.pid}`,
    ]);
    await limitServer.stop();
    const hub = await startHub(build, folder);
    const headers = await hub.guest();
    const ours = await measure(tool('hostile'), [
      `--url=ws://127.0.0.1:${hub.port}/api/v1/live`,
      `--header=${headers.join('#')}`,
      `--pid=${hub.pid}`,
    ]);
    return { limit, ours };
  });
  note(
    'hostile',
    `1,000 silent connections and 1,000 half heads; a new page's upgrade takes p50 ` +
      `${of((f) => f.ours.wait_p50_ms).toFixed(2)} ms, ${of((f) => f.ours.wait_p50_ms / f.limit.wait_p50_ms).toFixed(1)}x a bare program's`,
  );
  tell(
    'hostile',
    "p99 of a new page's upgrade",
    of((f) => f.ours.wait_p99_ms),
    20,
    'ms',
  );
}

async function idle() {
  const of = await repeat(async (folder) => {
    const first = await startHub(build, folder);
    await first.stop();
    const hub = await startHub(build, folder);
    await sleep(1500);
    const { rss_mb } = await measure(tool('ws_load'), [
      '--mode=idle',
      '--n=1',
      '--secs=0.5',
      `--pid=${hub.pid}`,
      `--url=ws://127.0.0.1:${hub.port}/api/v1/live`,
      `--header=${(await hub.guest()).join('#')}`,
    ]);
    return { rssMb: rss_mb, readyS: hub.readyMs / 1000 };
  });
  tell(
    'idle',
    'resident memory of an idle hub',
    of((f) => f.rssMb),
    25,
    'MB',
  );
  tell(
    'idle',
    'from start to /readyz',
    of((f) => f.readyS),
    0.5,
    's',
  );
}

async function history() {
  const of = await repeat(async (folder) => {
    const result = await measure(tool('history_load'), [`--folder=${folder}`]);
    demand(result.lost === 0 && result.least_points > 200, `values or points are missing: ${JSON.stringify(result)}`);
    return result;
  });
  note(
    'history',
    `${of((f) => f.rows_per_s).toFixed(0)} values/s of ${of((f) => f.series).toFixed(0)} series kept, none lost; 30 days of 5 series ` +
      `in 500 points take p50 ${of((f) => f.answer_p50_ms).toFixed(1)} ms, at worst ${of((f) => f.answer_worst_ms).toFixed(1)} ms`,
  );
  tell(
    'history',
    '250,000 values/s against what was kept',
    of((f) => 250_000 / f.rows_per_s),
    1,
  );
  tell(
    'history',
    'p99 of 30 days in 500 points meanwhile',
    of((f) => f.answer_p99_ms),
    50,
    'ms',
  );
}

const lent = { build, tool, peer, repeat, note, tell, demand };
lent.startClickedHub = (folder, settings) => startClickedHub(build, folder, settings);
lent.click = (hub, rate) => click(lent, hub, rate);

const all = {
  mjpeg,
  paced,
  slow,
  crowd,
  pull,
  fanout,
  capacity,
  tick,
  sockets,
  command,
  clicks,
  guesses,
};
Object.assign(all, { hostile, idle, history, robots, mqtt, upload });
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stopAll().then(() => process.exit(130)));
try {
  for (const kind of kinds.length && !kinds.includes('all') ? kinds : Object.keys(all)) {
    measured = kind;
    await all[kind](lent);
    await report.save();
  }
  if (file && option('plot')) await plot(file, option('plot'));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await stopAll();
}
if (strict === 'strict' && report.missed) process.exitCode = 1;
