// The kinds `command`, `clicks` and `guesses` of run.mjs: from a person's click to the device.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { enrolBenchDevice, measure, start, startAgent, startHub, startServer, stopAll } from './programs.mjs';

// What a click cost the Cat Laser's own server at 400/s, and how long it took to its broker.
const catLaser = { us_cpu: 399, p50_ms: 0.389 };

/** A hub with a device whose driver notes when each click arrives. */
export async function startClickedHub(build, folder, settings = '') {
  const clicks = join(folder, 'clicks');
  await writeFile(clicks, Buffer.alloc(65536 * 8));
  const hub = await startHub(build, folder, { settings });
  const agent = await startAgent(build, folder, hub, { driver: { clicks } });
  return Object.assign(hub, { clicks, agent });
}

/** Somebody takes the turn and clicks so many times a second for five seconds. */
export async function click(at, hub, rate = 200) {
  const result = await measure(at.tool('command_load'), [
    `--url=ws://127.0.0.1:${hub.port}/api/v1/live`,
    `--header=${(await hub.guest()).join('#')}`,
    '--device=bench-1',
    `--clicks=${hub.clicks}`,
    `--rate=${rate}`,
    `--pid=${hub.pid}`,
    `--agent=${hub.agent.pid}`,
  ]);
  at.demand(result.arrived === result.clicks, `clicks did not arrive: ${JSON.stringify(result)}`);
  return result;
}

/** Through hub, agent and driver process. */
export async function command(at) {
  const rate = 400;
  const of = await at.repeat(async (folder) => {
    const echo = await startServer(at.tool('limit_ws'), []);
    const limit = await measure(at.tool('ws_load'), [
      '--mode=rtt',
      '--n=1',
      `--rate=${rate}`,
      `--url=ws://127.0.0.1:${echo.port}/echo`,
      `--pid=${echo.pid}`,
    ]);
    await echo.stop();
    const hub = await startClickedHub(at.build, folder);
    return { limit, ours: await click(at, hub, rate) };
  });
  const figure = (digits, pick) => of(pick).toFixed(digits);
  at.note(
    'command',
    `click to driver through hub, agent and driver process at ${rate}/s: p50 ${figure(3, (f) => f.ours.delay_p50_ms)} ms, a bare ` +
      `echo there and back ${figure(3, (f) => f.limit.delay_p50_ms)} ms; CPU a click: hub ` +
      `${figure(1, (f) => f.ours.us_cpu_per_click)} us, agent ${figure(1, (f) => f.ours.agent_us_cpu_per_click)} us, echo ` +
      `${figure(1, (f) => f.limit.us_cpu_per_message)} us`,
  );
  at.tell(
    'command',
    'p50',
    of((f) => f.ours.delay_p50_ms),
    0.5,
    'ms',
  );
  at.tell(
    'command',
    'p99',
    of((f) => f.ours.delay_p99_ms),
    3,
    'ms',
  );
  at.tell(
    'command',
    `CPU of the hub a click at ${rate}/s`,
    of((f) => f.ours.us_cpu_per_click),
    catLaser.us_cpu / 20,
    'us',
  );
}

async function claim(hub, build, folder, id) {
  const key = randomBytes(32).toString('base64url');
  const code = await enrolBenchDevice(build, folder, id);
  const answer = await fetch(`${hub.origin}/api/v1/agent/claim`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ code, device: id, key }),
  });
  if (!answer.ok) throw new Error(`not claimed: ${await answer.text()}`);
  return `${id}:${key}`;
}

/** To the device's end of the link, with people who each drive a device of their own. */
export async function clicks(at) {
  const manifest = JSON.parse(await readFile(join(at.build, 'bench/plugins/bench_device/1.0.0/plugin.json'), 'utf8'));
  delete manifest.libraries;
  const hash = createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
  const clickMany = async (folder, devices, rate) => {
    await mkdir(folder);
    const hub = await startHub(at.build, folder);
    const claimed = [];
    for (let i = 0; i < devices; ++i) claimed.push(await claim(hub, at.build, folder, `bench-${i}`));
    const result = await measure(at.tool('click_load'), [
      `--url=ws://127.0.0.1:${hub.port}/api/v1/live`,
      `--link-url=ws://127.0.0.1:${hub.port}/api/v1/agent`,
      `--header=${(await hub.guest()).join('#')}`,
      `--devices=${claimed.join('#')}`,
      `--manifest=${hash}`,
      `--rate=${rate}`,
      `--pid=${hub.pid}`,
    ]);
    await hub.stop();
    return {
      ...result,
      lost: result.clicks - result.arrived,
      unanswered: result.all - result.succeeded,
    };
  };
  const of = await at.repeat(async (folder) => ({
    one: await clickMany(join(folder, 'one'), 1, 400),
    many: await clickMany(join(folder, 'many'), 25, 20_000),
  }));
  const figure = (digits, pick) => of(pick).toFixed(digits);
  at.note(
    'clicks',
    `click to the device's link: one person at 400/s p50 ${figure(3, (f) => f.one.delay_p50_ms)} ms, p99 ` +
      `${figure(3, (f) => f.one.delay_p99_ms)} ms, ${figure(1, (f) => f.one.us_cpu_per_click)} us CPU each; 25 people at 20,000/s in all: ` +
      `${figure(0, (f) => f.many.clicks_per_s)}/s, p50 ${figure(3, (f) => f.many.delay_p50_ms)} ms, p99 ` +
      `${figure(3, (f) => f.many.delay_p99_ms)} ms, ${figure(1, (f) => f.many.us_cpu_per_click)} us CPU each`,
  );
  const twentieth = catLaser.us_cpu / 20;
  at.tell(
    'clicks',
    'CPU of the hub a click at 400/s',
    of((f) => f.one.us_cpu_per_click),
    twentieth,
    'us',
  );
  at.tell(
    'clicks',
    'p50 at 400/s',
    of((f) => f.one.delay_p50_ms),
    catLaser.p50_ms / 8,
    'ms',
  );
  at.tell(
    'clicks',
    'clicks lost at 20,000/s',
    of((f) => f.many.lost),
    0,
    'clicks',
  );
  at.tell(
    'clicks',
    'clicks without an end at 20,000/s',
    of((f) => f.many.unanswered),
    0,
    'clicks',
  );
  at.tell(
    'clicks',
    'clicks refused at 20,000/s',
    of((f) => f.many.refused),
    0,
    'clicks',
  );
}

export async function guesses(at) {
  const of = await at.repeat(async (folder) => {
    const quiet = join(folder, 'quiet');
    const guessed = join(folder, 'guessed');
    await Promise.all([mkdir(quiet), mkdir(guessed)]);
    const first = await startClickedHub(at.build, quiet);
    const alone = await click(at, first);
    await stopAll();
    const second = await startClickedHub(at.build, guessed);
    const flood = fileURLToPath(new URL('wrong_sign_ins.mjs', import.meta.url));
    // It stands for machines elsewhere, so it takes only what the measured programs leave.
    const guesser = await start(
      'nice',
      ['-n', '19', 'node', flood, second.origin, '200', '10'],
      /^\{"guessing":true\}$/,
    );
    const beside = await click(at, second);
    await guesser.stop();
    return { alone, beside };
  });
  at.note(
    'guesses',
    `click to driver, p99 ms: ${of((f) => f.alone.delay_p99_ms).toFixed(3)} alone, ` +
      `${of((f) => f.beside.delay_p99_ms).toFixed(3)} beside 200 wrong sign-ins a second`,
  );
  at.tell(
    'guesses',
    'p99 of a click against that of a quiet hub',
    of((f) => f.beside.delay_p99_ms / f.alone.delay_p99_ms),
    2,
  );
}
