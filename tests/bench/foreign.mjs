// The kinds `pull` and `mqtt` of run.mjs: cameras that are read by URL, devices behind a broker.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectionsTo, enrolBenchDevice, measure, startBroker, startHub, startServer, stopAll } from './programs.mjs';

/** The hub reads the camera by its URL: the agent of `mjpeg` and its link are left out. `at`: what run.mjs lends. */
export async function pull(at) {
  const viewers = 200;
  const of = await at.repeat(async (folder) => {
    const camera = await startServer(at.tool('mjpeg_source'), ['--fps=30', '--size=60000']);
    const url = `http://127.0.0.1:${camera.port}/`;
    const watch = async (server, path, header = '') => {
      const result = await measure(at.tool('mjpeg_viewers'), [
        `--url=http://127.0.0.1:${server.port}${path}`,
        `--n=${viewers}`,
        `--pid=${server.pid}`,
        `--header=${header}`,
      ]);
      at.demand(result.alive === viewers && result.torn === 0, `pictures are missing: ${JSON.stringify(result)}`);
      return result;
    };
    const limitServer = await startServer(at.tool('limit_mjpeg'), [`--camera=${url}`]);
    const limit = await watch(limitServer, '/');
    await limitServer.stop();
    const settings = `
cameras: {allow: [127.0.0.1]}
devices: {bench-1: {streams: {main: {url: "${url}"}}}}
metrics: {enabled: true}
`;
    const hub = await startHub(at.build, folder, { settings });
    await enrolBenchDevice(at.build, folder);
    const [cookie] = await hub.guest();
    let most = 0;
    const counting = setInterval(async () => {
      most = Math.max(most, await connectionsTo(camera.port));
    }, 500);
    const ours = await watch(hub, '/api/v1/devices/bench-1/streams/main.mjpeg', cookie);
    clearInterval(counting);
    at.demand(most === 1, `the hub had ${most} connections to its camera`);
    return { limit, ours };
  });
  at.note(
    'pull',
    `one camera by URL, ${viewers} viewers, 60 KB x 30 fps: ${of((f) => f.ours.fps).toFixed(1)} fps each; CPU-s a 1,000 ` +
      `pictures: limit ${of((f) => f.limit.cpu_s_per_1000).toFixed(4)}, robohub ${of((f) => f.ours.cpu_s_per_1000).toFixed(4)}; ` +
      `age p99 ms: ${of((f) => f.limit.age_p99_ms).toFixed(1)}, ${of((f) => f.ours.age_p99_ms).toFixed(1)}`,
  );
  at.tell(
    'pull',
    'CPU of the hub against a bare epoll relay',
    of((f) => f.ours.cpu_s_per_1000 / f.limit.cpu_s_per_1000),
    1.3,
  );
}

/** From a click to the broker. `at`: what run.mjs lends. */
export async function mqtt(at) {
  const device =
    'devices: {bench-mqtt: {type: bench_click, mqtt: {commands: {click: {topic: bench/click, payload: "{n}", ' +
    'params: {n: {type: integer, minimum: 0, maximum: 1000000}}}}}}}\n';
  const clickAt = async (folder, rate, secs, warmup) => {
    await mkdir(folder);
    const clicks = join(folder, 'clicks');
    await writeFile(clicks, Buffer.alloc(65536 * 8));
    const broker = await startBroker(folder);
    await startServer(at.tool('mqtt_clicks'), [
      `--port=${broker.port}`,
      '--password=bench',
      '--topic=bench/click',
      `--clicks=${clicks}`,
    ]);
    const floor = await measure(at.tool('limit_mqtt'), [
      `--port=${broker.port}`,
      '--password=bench',
      '--topic=bench/floor',
      `--rate=${rate}`,
    ]);
    const hub = await startHub(at.build, folder, { settings: broker.settings + device });
    const result = await measure(at.tool('command_load'), [
      `--url=ws://127.0.0.1:${hub.port}/api/v1/live`,
      `--header=${(await hub.guest()).join('#')}`,
      '--device=bench-mqtt',
      `--clicks=${clicks}`,
      `--rate=${rate}`,
      `--secs=${secs}`,
      `--warmup=${warmup}`,
      `--pid=${hub.pid}`,
    ]);
    // What is answered with a refusal is not lost, but counts below.
    at.demand(result.arrived + result.refused >= result.clicks, `clicks were lost: ${JSON.stringify(result)}`);
    await stopAll();
    return { ...result, floor_us: floor.us_cpu_per_publish };
  };
  const of = await at.repeat(async (folder) => ({
    usual: await clickAt(join(folder, 'usual'), 400, 5, 1),
    // As fast as one socket may speak, which is for two seconds twice its lasting rate.
    fast: await clickAt(join(folder, 'fast'), 2000, 1.2, 0.3),
  }));
  at.note(
    'mqtt',
    `click to MQTT at 400/s: p50 ${of((f) => f.usual.delay_p50_ms).toFixed(3)} ms, p99 ` +
      `${of((f) => f.usual.delay_p99_ms).toFixed(3)} ms; at 2,000/s ${of((f) => f.fast.arrived)} of ${of((f) => f.fast.clicks)} came, ` +
      `${of((f) => f.fast.us_cpu_per_click).toFixed(1)} us CPU each; the MQTT library alone, with nothing ` +
      `around it, takes ${of((f) => f.usual.floor_us).toFixed(1)} us a message at 400/s, ${of((f) => f.fast.floor_us).toFixed(1)} us at 2,000/s`,
  );
  // A fifth of what the Cat Laser's own server takes (399 us).
  at.tell(
    'mqtt',
    'CPU of the hub a click at 400/s',
    of((f) => f.usual.us_cpu_per_click),
    79.8,
    'us',
  );
  at.tell(
    'mqtt',
    'clicks that were refused at 400/s and 2,000/s',
    of((f) => f.usual.refused + f.fast.refused),
    0,
    '',
  );
}
