// The kind `robots` of run.mjs.
import { measure, start, startHub } from './programs.mjs';

/** Robots of the older server, a browser for each, at so many messages a second both ways. `at`: what run.mjs lends. */
export async function robots(at) {
  const settings = 'robots: {listen: 127.0.0.1:0, browsers: 127.0.0.1:0, accept: auto, accept_unfenced: true}\n';
  for (const rate of [10, 100]) {
    const of = await at.repeat(async (folder) => {
      const load = async (server, tcp, browsers) => {
        const result = await measure(at.tool('robot_load'), [
          `--tcp=127.0.0.1:${tcp}`,
          `--browsers=ws://127.0.0.1:${browsers}/`,
          `--rate=${rate}`,
          `--pid=${server.pid}`,
        ]);
        at.demand(result.lost_peers === 0, `robots or browsers were lost: ${JSON.stringify(result)}`);
        const [sent, arrived] = [result.up_sent + result.down_sent, result.up_arrived + result.down_arrived];
        return { ...result, missing: sent - arrived, p99_ms: Math.max(result.up_p99_ms, result.down_p99_ms) };
      };
      const limitServer = await start(at.tool('limit_robot'), [], /^\{"port":(\d+),"browsers":(\d+)\}$/);
      const limit = await load(limitServer, limitServer.match[1], limitServer.match[2]);
      await limitServer.stop();
      const hub = await startHub(at.build, folder, { settings });
      const ours = await load(hub, hub.door('robot_tcp'), hub.door('robot_browsers'));
      await hub.stop();
      return { limit, ours };
    });
    const figure = (digits, pick) => of(pick).toFixed(digits);
    at.note(
      'robots',
      `100 robots x ${rate} Hz both ways, CPU a message: limit ${figure(1, (f) => f.limit.us_cpu_per_message)} us, robohub ` +
        `${figure(1, (f) => f.ours.us_cpu_per_message)} us; p99 up ${figure(3, (f) => f.ours.up_p99_ms)} ms, down ` +
        `${figure(3, (f) => f.ours.down_p99_ms)} ms; limit up ${figure(3, (f) => f.limit.up_p99_ms)} ms, down ` +
        `${figure(3, (f) => f.limit.down_p99_ms)} ms`,
    );
    at.tell(
      'robots',
      `CPU of the hub against a bare epoll relay, ${rate} Hz`,
      of((f) => f.ours.us_cpu_per_message / f.limit.us_cpu_per_message),
      1.6,
    );
    at.tell(
      'robots',
      `messages that did not arrive, ${rate} Hz`,
      of((f) => f.ours.missing),
      0,
      'messages',
    );
    if (rate === 100)
      at.tell(
        'robots',
        'p99 of the slower direction, 100 Hz',
        of((f) => f.ours.p99_ms),
        0.15,
        'ms',
      );
  }
}
