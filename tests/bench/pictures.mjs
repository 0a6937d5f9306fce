// The kinds `mjpeg`, `paced`, `slow` and `crowd` of run.mjs: one camera, many viewers.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { enrolBenchDevice, measure, startAgent, startHub, startServer } from './programs.mjs';

const stream = '/api/v1/devices/bench-1/streams/main.mjpeg';

/** A camera of 60 KB pictures; `args` say how many a second, and how it sends. */
async function startCamera(at, ...args) {
  const camera = await startServer(at.tool('mjpeg_source'), ['--size=60000', ...args]);
  return Object.assign(camera, { url: `http://127.0.0.1:${camera.port}/` });
}

/** What so many viewers of a server see; nobody may be lost and nothing torn. */
async function watch(at, server, path, viewers, header = '', ...args) {
  const result = await measure(at.tool('mjpeg_viewers'), [
    `--url=http://127.0.0.1:${server.port}${path}`,
    `--n=${viewers}`,
    `--pid=${server.pid}`,
    `--header=${header}`,
    ...args,
  ]);
  at.demand(result.torn === 0, `pictures are torn: ${JSON.stringify(result)}`);
  const slow = Number(args.find((arg) => arg.startsWith('--slow='))?.split('=')[1] ?? 0);
  at.demand(result.alive === viewers + slow, `viewers were lost: ${JSON.stringify(result)}`);
  return result;
}

/** The yardstick or a peer in front of a camera. */
async function watchServer(at, command, commandArgs, viewers, ...args) {
  const server = await startServer(command, commandArgs);
  const result = await watch(at, server, '/', viewers, '', ...args);
  await server.stop();
  return result;
}
const watchLimit = (at, camera, ...rest) =>
  watchServer(at, at.tool('limit_mjpeg'), [`--camera=${camera.url}`], ...rest);
const watchNpm = (at, camera, ...rest) => watchServer(at, 'node', [at.peer('mjpeg.js'), camera.url], ...rest);

/** A hub whose agent sends the camera's pictures, as from a device at home. */
async function watchAgents(at, folder, camera, loops, viewers, ...args) {
  const own = join(folder, `agent-${loops}-${viewers}-${args.length}`);
  await mkdir(own);
  const hub = await startHub(at.build, own, { loops });
  const agent = await startAgent(at.build, own, hub, {
    camera: { source: 'mjpeg', url: camera.url, stream: 'main' },
  });
  const [cookie] = await hub.guest();
  const result = await watch(at, hub, stream, viewers, cookie, ...args);
  await agent.stop();
  await hub.stop();
  return result;
}

/** A hub that reads the camera by its URL. */
async function watchPulled(at, folder, camera, viewers, ...args) {
  const own = join(folder, `pulled-${viewers}-${args.length}`);
  await mkdir(own);
  const settings = `
cameras: {allow: [127.0.0.1]}
devices: {bench-1: {streams: {main: {url: "${camera.url}"}}}}
`;
  const hub = await startHub(at.build, own, { settings });
  await enrolBenchDevice(at.build, own);
  const [cookie] = await hub.guest();
  const result = await watch(at, hub, stream, viewers, cookie, ...args);
  await hub.stop();
  return result;
}

export async function mjpeg(at) {
  const viewers = 200;
  const of = await at.repeat(async (folder) => {
    const camera = await startCamera(at, '--fps=30');
    return {
      limit: await watchLimit(at, camera, viewers),
      npm: await watchNpm(at, camera, viewers),
      // As it comes, with a loop on each core but one; and with one loop, which is what the others are.
      ours: await watchAgents(at, folder, camera, 0, viewers),
      single: await watchAgents(at, folder, camera, 1, viewers),
    };
  });
  const cpu = (pick) => of((f) => pick(f).cpu_s_per_1000).toFixed(4);
  const age = (pick) => of((f) => pick(f).age_p99_ms).toFixed(1);
  at.note(
    'mjpeg',
    `${viewers} viewers, 60 KB x 30 fps: ${of((f) => f.ours.fps).toFixed(1)} fps each; CPU-s a 1,000 pictures: limit ` +
      `${cpu((f) => f.limit)}, robohub ${cpu((f) => f.ours)}, mjpeg-proxy ${cpu((f) => f.npm)}; age p99 ms: ` +
      `${age((f) => f.limit)}, ${age((f) => f.ours)}, ${age((f) => f.npm)}`,
  );
  const ratio = (pick) => of((f) => pick(f).cpu_s_per_1000 / f.limit.cpu_s_per_1000);
  at.tell(
    'mjpeg',
    'CPU of the hub against a bare epoll relay',
    ratio((f) => f.ours),
    1.15,
  );
  at.tell(
    'mjpeg',
    'the same with one loop, as the relay',
    ratio((f) => f.single),
    1.15,
  );
  at.tell(
    'mjpeg',
    'age p99 against a bare epoll relay',
    of((f) => f.ours.age_p99_ms / f.limit.age_p99_ms),
    1.2,
  );
  at.tell(
    'mjpeg',
    'CPU of the hub against npm mjpeg-proxy',
    of((f) => f.ours.cpu_s_per_1000 / f.npm.cpu_s_per_1000),
    1,
  );
}

/** A camera behind a link of its own: each picture takes 19 ms to come, in packets. */
export async function paced(at) {
  for (const [viewers, goal] of [
    [200, 9],
    [50, 14],
  ]) {
    const of = await at.repeat(async (folder) => {
      const camera = await startCamera(at, '--fps=30', '--pace-mbps=25');
      return {
        [viewers]: {
          limit: await watchLimit(at, camera, viewers),
          npm: await watchNpm(at, camera, viewers),
          ours: await watchPulled(at, folder, camera, viewers),
        },
      };
    });
    const cpu = (who) => of((f) => f[viewers][who].cpu_s_per_1000).toFixed(4);
    const age = (who) => of((f) => f[viewers][who].age_p99_ms).toFixed(1);
    at.note(
      'paced',
      `25 Mbit/s camera read by URL, ${viewers} viewers: CPU-s a 1,000 pictures: limit ${cpu('limit')}, robohub ` +
        `${cpu('ours')}, mjpeg-proxy ${cpu('npm')}; age p99 ms: ${age('limit')}, ${age('ours')}, ${age('npm')}`,
    );
    at.tell(
      'paced',
      `CPU of npm mjpeg-proxy against the hub, ${viewers} viewers`,
      of((f) => f[viewers].npm.cpu_s_per_1000 / f[viewers].ours.cpu_s_per_1000),
      goal,
      'x',
      true,
    );
  }
}

/** Five viewers on links that take a third of the pictures, beside fifty others. */
export async function slow(at) {
  const viewers = 50;
  const late = ['--slow=5', '--slow-rate=500000', '--warmup=8', '--secs=4'];
  const of = await at.repeat(async (folder) => {
    const camera = await startCamera(at, '--fps=30');
    return {
      alone: await watchAgents(at, folder, camera, 0, viewers),
      beside: await watchAgents(at, folder, camera, 0, viewers, ...late),
      npm: await watchNpm(at, camera, viewers, ...late),
    };
  });
  at.note(
    'slow',
    `five viewers at 500 KB/s after 8 s: age p50 ${of((f) => f.beside.slow_age_p50_ms).toFixed(0)} ms, worst ` +
      `${of((f) => f.beside.slow_age_worst_ms).toFixed(0)} ms; mjpeg-proxy ${of((f) => f.npm.slow_age_p50_ms).toFixed(0)} ms, ` +
      `${of((f) => f.npm.slow_age_worst_ms).toFixed(0)} ms`,
  );
  at.tell(
    'slow',
    "a slow viewer's oldest picture after 8 s",
    of((f) => f.beside.slow_age_worst_ms),
    300,
    'ms',
  );
  at.tell(
    'slow',
    "the others' age p99 against without them",
    of((f) => f.beside.age_p99_ms / f.alone.age_p99_ms),
    1.2,
  );
}

/** What 2,000 viewers of one camera take of memory; one picture a second, so that they all fit into the machine. */
export async function crowd(at) {
  const viewers = 2000;
  const of = await at.repeat(async (folder) => {
    const camera = await startCamera(at, '--fps=1');
    return {
      ours: await watchAgents(at, folder, camera, 0, viewers, '--warmup=4', '--secs=4'),
    };
  });
  at.tell(
    'crowd',
    `memory of ${viewers} viewers over the hub without them`,
    of((f) => f.ours.grown_mb),
    20,
    'MB',
  );
}
