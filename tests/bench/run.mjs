// The benchmarks of script/bench: node run.mjs BUILD_FOLDER RUNS STRICT KIND... Each line is a ratio against a bare yardstick
// (and against what people run instead) from the same run; of several runs the median.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure, start, startAgent, startHub, startServer, stopAll, temporaryFolder } from './programs.mjs';
import { mqtt as measureMqtt, pull as measurePull } from './foreign.mjs';
import { robots as measureRobots } from './robots.mjs';
import { upload as measureUpload } from './upload.mjs';

const [build, runsText, strict, ...kinds] = process.argv.slice(2);
const runs = Number(runsText);
const tool = (name) => join(build, 'bench', name);
const peer = (name) => join(dirname(fileURLToPath(import.meta.url)), 'peers', name);
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let missed = 0;
/** One line: what was measured, against what, and whether the goal is met. */
function tell(name, what, value, goal, unit = 'x') {
  const met = value <= goal;
  if (!met) missed += 1;
  const digits = unit === 'x' ? 2 : 3;
  console.log(
    `${name.padEnd(8)} ${what.padEnd(58)} ${value.toFixed(digits)} ${unit} (goal ${goal} ${unit}) ${met ? 'met' : 'MISSED'}`,
  );
}
const note = (name, text) => console.log(`${name.padEnd(8)} ${text}`);
function demand(condition, sentence) {
  if (!condition) throw new Error(sentence);
}

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
  return (pick) => median(figures.map(pick));
}

async function mjpeg() {
  const viewers = 200;
  const of = await repeat(async (folder) => {
    const camera = await startServer(tool('mjpeg_source'), ['--fps=30', '--size=60000']);
    const url = `http://127.0.0.1:${camera.port}/`;
    const watch = async (server, path, header = '') => {
      const result = await measure(tool('mjpeg_viewers'), [
        `--url=http://127.0.0.1:${server.port}${path}`,
        `--n=${viewers}`,
        `--pid=${server.pid}`,
        `--header=${header}`,
      ]);
      demand(result.alive === viewers && result.torn === 0, `pictures are missing: ${JSON.stringify(result)}`);
      return result;
    };
    const limitServer = await startServer(tool('limit_mjpeg'), [`--camera=${url}`]);
    const limit = await watch(limitServer, '/');
    await limitServer.stop();
    const npmServer = await startServer('node', [peer('mjpeg.js'), url]);
    const npm = await watch(npmServer, '/');
    await npmServer.stop();
    // As it comes, with a loop on each core; and with one loop, which is what the others are.
    const relay = async (loops) => {
      const own = join(folder, `loops-${loops}`);
      await mkdir(own);
      const hub = await startHub(build, own, { loops });
      const agent = await startAgent(build, own, hub, { camera: { source: 'mjpeg', url, stream: 'main' } });
      const [cookie] = await hub.guest();
      const result = await watch(hub, '/api/v1/devices/bench-1/streams/main.mjpeg', cookie);
      await agent.stop();
      await hub.stop();
      return result;
    };
    const ours = await relay(0);
    const single = await relay(1);
    return { limit, npm, ours, single };
  });
  note(
    'mjpeg',
    `${viewers} viewers, 60 KB x 30 fps: ${of((f) => f.ours.fps).toFixed(1)} fps each; CPU-s a 1,000 pictures: ` +
      `limit ${of((f) => f.limit.cpu_s_per_1000).toFixed(4)}, robohub ${of((f) => f.ours.cpu_s_per_1000).toFixed(4)}, ` +
      `mjpeg-proxy ${of((f) => f.npm.cpu_s_per_1000).toFixed(4)}; age p99 ms: ${of((f) => f.limit.age_p99_ms).toFixed(1)}, ` +
      `${of((f) => f.ours.age_p99_ms).toFixed(1)}, ${of((f) => f.npm.age_p99_ms).toFixed(1)}`,
  );
  tell(
    'mjpeg',
    'CPU of the hub against a bare epoll relay',
    of((f) => f.ours.cpu_s_per_1000 / f.limit.cpu_s_per_1000),
    1.3,
  );
  note(
    'mjpeg',
    `with one loop, as the others: ${of((f) => f.single.cpu_s_per_1000 / f.limit.cpu_s_per_1000).toFixed(2)} x`,
  );
  tell(
    'mjpeg',
    'CPU of the hub against npm mjpeg-proxy',
    of((f) => f.ours.cpu_s_per_1000 / f.npm.cpu_s_per_1000),
    1,
  );
}

async function fanout() {
  const clients = 1000;
  const rate = 50;
  const of = await repeat(async (folder) => {
    const fan = async (server, args) => {
      const result = await measure(tool('ws_load'), ['--mode=fan', `--n=${clients}`, `--pid=${server.pid}`, ...args]);
      demand(result.alive === clients, `clients were lost: ${JSON.stringify(result)}`);
      demand(result.least_per_s > rate * 0.95, `messages are missing: ${JSON.stringify(result)}`);
      return result;
    };
    const relay = async (command, args) => {
      const server = await startServer(command, args);
      const url = `ws://127.0.0.1:${server.port}`;
      const result = await fan(server, [
        `--url=${url}/sub`,
        `--publish-url=${url}/pub`,
        `--rate=${rate}`,
        '--size=200',
      ]);
      await server.stop();
      return result;
    };
    const limit = await relay(tool('limit_ws'), []);
    const npm = await relay('node', [peer('ws.js')]);
    // As it comes, with a loop on each core; and with one loop, which is what the others are.
    const ownFan = async (loops) => {
      const own = join(folder, `loops-${loops}`);
      await mkdir(own);
      const hub = await startHub(build, own, { loops });
      // The envelope of a telemetry message takes the rest of the 200 bytes.
      const agent = await startAgent(build, own, hub, { driver: { publish_hz: rate, publish_bytes: 90 } });
      const headers = await hub.guest();
      const result = await fan(hub, [
        `--url=ws://127.0.0.1:${hub.port}/api/v1/live`,
        `--header=${headers.join('#')}`,
        `--first=${JSON.stringify({ type: 'watch', device: 'bench-1' })}`,
      ]);
      await agent.stop();
      await hub.stop();
      return result;
    };
    const ours = await ownFan(0);
    const single = await ownFan(1);
    return { limit, npm, ours, single };
  });
  note(
    'fanout',
    `${clients} live sockets x ${rate} messages/s x ${of((f) => f.ours.bytes_per_message).toFixed(0)} B; us CPU a message: limit ` +
      `${of((f) => f.limit.us_cpu_per_message).toFixed(2)}, robohub ${of((f) => f.ours.us_cpu_per_message).toFixed(2)}, npm ws ` +
      `${of((f) => f.npm.us_cpu_per_message).toFixed(2)}; delay p99 ms: ${of((f) => f.limit.delay_p99_ms).toFixed(1)}, ` +
      `${of((f) => f.ours.delay_p99_ms).toFixed(1)} (from the driver), ${of((f) => f.npm.delay_p99_ms).toFixed(1)}`,
  );
  tell(
    'fanout',
    'CPU of the hub against a bare epoll fan-out',
    of((f) => f.ours.us_cpu_per_message / f.limit.us_cpu_per_message),
    1.25,
  );
  note(
    'fanout',
    `with one loop, as the others: ${of((f) => f.single.us_cpu_per_message / f.limit.us_cpu_per_message).toFixed(2)} x`,
  );
  tell(
    'fanout',
    'CPU of the hub against npm ws',
    of((f) => f.ours.us_cpu_per_message / f.npm.us_cpu_per_message),
    1,
  );
}

/** A hub with a device whose driver notes when each click arrives. */
async function startClickedHub(folder, settings = '') {
  const clicks = join(folder, 'clicks');
  await writeFile(clicks, Buffer.alloc(65536 * 8));
  const hub = await startHub(build, folder, { settings });
  await startAgent(build, folder, hub, { driver: { clicks } });
  return Object.assign(hub, { clicks });
}

/** Somebody takes the turn and clicks 200 times a second for five seconds. */
async function click(hub) {
  const result = await measure(tool('command_load'), [
    `--url=ws://127.0.0.1:${hub.port}/api/v1/live`,
    `--header=${(await hub.guest()).join('#')}`,
    '--device=bench-1',
    `--clicks=${hub.clicks}`,
    '--rate=200',
    `--pid=${hub.pid}`,
  ]);
  demand(result.arrived === result.clicks, `clicks did not arrive: ${JSON.stringify(result)}`);
  return result;
}

async function command() {
  const of = await repeat(async (folder) => {
    const echo = await startServer(tool('limit_ws'), []);
    const limit = await measure(tool('ws_load'), [
      '--mode=rtt',
      '--n=1',
      '--rate=200',
      `--url=ws://127.0.0.1:${echo.port}/echo`,
    ]);
    await echo.stop();
    const hub = await startClickedHub(folder);
    return { limit, ours: await click(hub) };
  });
  note(
    'command',
    `click to driver through hub, agent and driver process at 200/s; a bare echo there and back takes ` +
      `p50 ${of((f) => f.limit.delay_p50_ms).toFixed(3)} ms: this takes ${of((f) => f.ours.delay_p50_ms / f.limit.delay_p50_ms).toFixed(1)}x`,
  );
  tell(
    'command',
    'p50',
    of((f) => f.ours.delay_p50_ms),
    0.5,
    'ms',
  );
  tell(
    'command',
    'p99',
    of((f) => f.ours.delay_p99_ms),
    3,
    'ms',
  );
}

async function guesses() {
  const of = await repeat(async (folder) => {
    const quiet = join(folder, 'quiet');
    const guessed = join(folder, 'guessed');
    await Promise.all([mkdir(quiet), mkdir(guessed)]);
    const first = await startClickedHub(quiet);
    const alone = await click(first);
    await stopAll();
    const second = await startClickedHub(guessed);
    const flood = fileURLToPath(new URL('wrong_sign_ins.mjs', import.meta.url));
    // It stands for machines elsewhere, so it takes only what the measured programs leave.
    const guesser = await start(
      'nice',
      ['-n', '19', 'node', flood, second.origin, '200', '10'],
      /^\{"guessing":true\}$/,
    );
    const beside = await click(second);
    await guesser.stop();
    return { alone, beside };
  });
  note(
    'guesses',
    `click to driver, p99 ms: ${of((f) => f.alone.delay_p99_ms).toFixed(3)} alone, ` +
      `${of((f) => f.beside.delay_p99_ms).toFixed(3)} beside 200 wrong sign-ins a second`,
  );
  tell(
    'guesses',
    'p99 of a click against that of a quiet hub',
    of((f) => f.beside.delay_p99_ms / f.alone.delay_p99_ms),
    2,
  );
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

const lent = { build, tool, repeat, note, tell, demand };
const robots = () => measureRobots(lent);
const pull = () => measurePull(lent);
const mqtt = () => measureMqtt(lent);
const upload = () => measureUpload({ build, tool, repeat, note, tell, startClickedHub, click });

const all = { mjpeg, pull, fanout, command, guesses, hostile, idle, history, robots, mqtt, upload };
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stopAll().then(() => process.exit(130)));
try {
  for (const kind of kinds.length && !kinds.includes('all') ? kinds : Object.keys(all)) await all[kind]();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await stopAll();
}
if (strict === 'strict' && missed) process.exitCode = 1;
