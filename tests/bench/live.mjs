// The kinds `fanout`, `capacity`, `tick` and `sockets` of run.mjs: what many live sockets cost.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { measure, startAgent, startHub, startServer } from './programs.mjs';

const size = 200;
// The envelope of a telemetry message takes the rest of the 200 bytes.
const pad = 90;

const load = (at, server, mode, clients, ...args) =>
  measure(at.tool('ws_load'), [`--mode=${mode}`, `--n=${clients}`, `--pid=${server.pid}`, ...args]);

/** A yardstick or peer that hands on what a publisher of our own says. */
async function relay(at, command, commandArgs, clients, rate, ...args) {
  const server = await startServer(command, commandArgs);
  const url = `ws://127.0.0.1:${server.port}`;
  const result = await load(
    at,
    server,
    'fan',
    clients,
    `--url=${url}/sub`,
    `--publish-url=${url}/pub`,
    `--rate=${rate}`,
    `--size=${size}`,
    ...args,
  );
  await server.stop();
  return result;
}
const relayLimit = (at, limitArgs, ...rest) => relay(at, at.tool('limit_ws'), limitArgs, ...rest);
const relayNpm = (at, ...rest) => relay(at, 'node', [at.peer('ws.js')], ...rest);

/** The live socket as a page of the hub opens it. */
const asPage = async (hub, watch = {}) => [
  `--url=ws://127.0.0.1:${hub.port}/api/v1/live`,
  `--header=${(await hub.guest()).join('#')}`,
  `--first=${JSON.stringify({ type: 'watch', device: 'bench-1', ...watch })}`,
];

/** A hub whose driver publishes and whose pages watch. */
async function hubFan(at, folder, { loops = 0, clients, rate, channels = 1, watch = {} }) {
  const own = join(folder, `hub-${loops}-${rate}`);
  await mkdir(own);
  const hub = await startHub(at.build, own, { loops });
  const agent = await startAgent(at.build, own, hub, {
    driver: {
      publish_hz: rate,
      publish_bytes: pad,
      publish_channels: channels,
    },
  });
  const result = await load(at, hub, 'fan', clients, ...(await asPage(hub, watch)));
  await agent.stop();
  await hub.stop();
  return result;
}

export async function fanout(at) {
  const [clients, rate] = [1000, 50];
  const of = await at.repeat(async (folder) => {
    const result = {
      limit: await relayLimit(at, [], clients, rate),
      npm: await relayNpm(at, clients, rate),
      // As it comes, with a loop on each core but one; and with one loop, which is what the others are.
      ours: await hubFan(at, folder, { clients, rate }),
      single: await hubFan(at, folder, { loops: 1, clients, rate }),
    };
    for (const one of Object.values(result)) {
      at.demand(one.alive === clients, `clients were lost: ${JSON.stringify(one)}`);
      at.demand(one.least_per_s > rate * 0.95, `messages are missing: ${JSON.stringify(one)}`);
    }
    return result;
  });
  const cpu = (who) => of((f) => f[who].us_cpu_per_message).toFixed(2);
  const delay = (who) => of((f) => f[who].delay_p99_ms).toFixed(1);
  at.note(
    'fanout',
    `${clients} live sockets x ${rate} messages/s x ${of((f) => f.ours.bytes_per_message).toFixed(0)} B; us CPU a message: limit ` +
      `${cpu('limit')}, robohub ${cpu('ours')}, npm ws ${cpu('npm')}; delay p99 ms: ${delay('limit')}, ${delay('ours')} ` +
      `(from the driver), ${delay('npm')}`,
  );
  const ratio = (who, to) => of((f) => f[who].us_cpu_per_message / f[to].us_cpu_per_message);
  at.tell('fanout', 'CPU of the hub against a bare epoll fan-out', ratio('ours', 'limit'), 1.1);
  at.note('fanout', `with one loop, as the others: ${ratio('single', 'limit').toFixed(2)} x`);
  at.tell('fanout', 'CPU of the hub against npm ws', ratio('ours', 'npm'), 0.9);
}

/** Messages that 1,000 subscribers get in all a second at the highest rate of a ladder that all of them still get. */
async function highest(rates, measureAt) {
  let best = { received_per_s: 0, delay_p99_ms: 0 };
  for (const rate of rates) {
    const result = await measureAt(rate);
    if (result.least_per_s < rate * 0.95 || result.delay_p99_ms > 250) break;
    best = result;
  }
  return best;
}

export async function capacity(at) {
  const clients = 1000;
  const quick = ['--secs=2.5'];
  const of = await at.repeat(async (folder) => ({
    limit: await highest([200, 250, 300, 350], (rate) => relayLimit(at, [], clients, rate, ...quick)),
    npm: await highest([100, 130, 160, 190, 220, 250], (rate) => relayNpm(at, clients, rate, ...quick)),
    ours: await highest([300, 400, 500, 600, 700, 800, 900], (rate) => hubFan(at, folder, { clients, rate })),
  }));
  const rate = (who) => `${of((f) => f[who].received_per_s / 1000).toFixed(0)}k`;
  at.note(
    'capacity',
    `1,000 live sockets, all messages within 250 ms: limit (a send a message) ${rate('limit')} messages/s, robohub ` +
      `${rate('ours')}, npm ws ${rate('npm')}`,
  );
  at.tell(
    'capacity',
    'what the hub hands out a second against npm ws',
    of((f) => f.ours.received_per_s / f.npm.received_per_s),
    3,
    'x',
    true,
  );
}

/** Dashboards that ask for one write every 10 ms: ten channels of 100 Hz. */
export async function tick(at) {
  const [clients, rate] = [100, 1000];
  const of = await at.repeat(async (folder) => {
    const result = {
      limit: await relayLimit(at, ['--tick-ms=10'], clients, rate),
      npm: await relayNpm(at, clients, rate),
      ours: await hubFan(at, folder, {
        clients,
        rate,
        channels: 10,
        watch: { tick_ms: 10 },
      }),
    };
    at.demand(result.ours.least_per_s > rate * 0.6, `messages are missing: ${JSON.stringify(result.ours)}`);
    // Of two values of one channel within a tick the newer one is sent: what counts is what was published.
    result.ours.us_cpu_per_message *= result.ours.received_per_s / (rate * clients);
    return result;
  });
  const cpu = (who) => of((f) => f[who].us_cpu_per_message).toFixed(3);
  const delay = (who) => of((f) => f[who].delay_p99_ms).toFixed(1);
  at.note(
    'tick',
    `${clients} dashboards x ${rate} messages/s, a tick of 10 ms; us CPU a message: limit with the same tick ${cpu('limit')}, ` +
      `robohub ${cpu('ours')}, npm ws ${cpu('npm')}; delay p99 ms: ${delay('limit')}, ${delay('ours')}, ${delay('npm')}`,
  );
  at.tell(
    'tick',
    'CPU of npm ws against the hub',
    of((f) => f.npm.us_cpu_per_message / f.ours.us_cpu_per_message),
    9,
    'x',
    true,
  );
  at.tell(
    'tick',
    'delay p99 from the driver',
    of((f) => f.ours.delay_p99_ms),
    12,
    'ms',
  );
}

/** Ten thousand pages of a device that says nothing. */
export async function sockets(at) {
  const clients = 10_000;
  const idle = ['--secs=1', '--warmup=1.5'];
  const of = await at.repeat(async (folder) => {
    const stay = async (command, commandArgs) => {
      const server = await startServer(command, commandArgs);
      const result = await load(at, server, 'idle', clients, `--url=ws://127.0.0.1:${server.port}/sub`, ...idle);
      await server.stop();
      return result;
    };
    const limit = await stay(at.tool('limit_ws'), []);
    const npm = await stay('node', [at.peer('ws.js')]);
    const hub = await startHub(at.build, folder);
    await startAgent(at.build, folder, hub);
    const ours = await load(at, hub, 'idle', clients, ...(await asPage(hub)), ...idle);
    at.demand(ours.alive === clients, `clients were lost: ${JSON.stringify(ours)}`);
    return { limit, npm, ours };
  });
  const figure = (digits, pick) => of(pick).toFixed(digits);
  at.note(
    'sockets',
    `${clients} idle sockets, signed in and watching a device; KB each: limit ${figure(2, (f) => f.limit.kb_per_client)}, robohub ` +
      `${figure(2, (f) => f.ours.kb_per_client)}, npm ws ${figure(2, (f) => f.npm.kb_per_client)}; connects/s: ` +
      `${figure(0, (f) => f.limit.connects_per_s)}, ${figure(0, (f) => f.ours.connects_per_s)}, ` +
      `${figure(0, (f) => f.npm.connects_per_s)}`,
  );
  at.tell(
    'sockets',
    'memory of one live socket',
    of((f) => f.ours.kb_per_client),
    1.5,
    'KB',
  );
  at.tell(
    'sockets',
    'connects a second against a bare epoll program',
    of((f) => f.ours.connects_per_s / f.limit.connects_per_s),
    0.7,
    'x',
    true,
  );
}
