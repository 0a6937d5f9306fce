// Starting and ending what a benchmark needs: tools, yardsticks, peers, a hub with a bench device.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const running = new Set();

/** Starts a program and waits for the line that `ready` (a pattern) matches. */
export function start(command, args, ready, { timeoutMs = 15_000 } = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = [];
  const program = {
    pid: child.pid,
    said,
    ended: new Promise((resolve) => child.once('close', (code) => resolve(code))),
    async stop() {
      running.delete(program);
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      await program.ended;
      clearTimeout(timer);
    },
  };
  running.add(program);
  return new Promise((resolve, reject) => {
    const refuse = (why) => reject(new Error(`${command}: ${why}\n${said.slice(-15).join('\n')}`));
    const timer = setTimeout(() => refuse(`said nothing that matches ${ready}`), timeoutMs);
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        if (said.length < 1000) said.push(line);
        const match = ready.exec(line);
        if (!match) return;
        clearTimeout(timer);
        resolve(Object.assign(program, { match }));
      });
    child.once('error', (error) => refuse(error.message));
    void program.ended.then((code) => {
      clearTimeout(timer);
      running.delete(program);
      refuse(`ended with status ${code}`);
    });
  });
}

/** Runs a tool to its end; its last line is JSON. */
export function measure(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (part) => (text += part));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code !== 0) return reject(new Error(`${command} ${args.join(' ')}: status ${code}`));
      resolve(JSON.parse(text.trim().split('\n').pop()));
    });
  });
}

export async function stopAll() {
  await Promise.all([...running].reverse().map((program) => program.stop()));
}

export async function temporaryFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'robohub-bench-'));
  return { path: folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A yardstick or peer, which prints {"port":N}. */
export async function startServer(command, args) {
  const program = await start(command, args, /^\{"port":(\d+)\}$/);
  return Object.assign(program, { port: Number(program.match[1]) });
}

const hubSettings = (build, loops) => `
server: {listen: 127.0.0.1:0, loops: ${loops}, data: data, web: ${build}/../../web/dist}
plugins: {path: [${build}/bench/plugins, ${build}/plugins]}
guests: {watch: true, play: true}
turns: {length: 1h, warning: 1s}
limits: {connections: 20000, connections_per_address: 20000}
log: {level: warning}
`;

/** A hub of its own in a folder; `hub.guest()` signs in and gives the header lines of a guest's requests. */
export async function startHub(build, folder, { loops = 0, settings = '' } = {}) {
  await writeFile(join(folder, 'hub.yaml'), hubSettings(build, loops) + settings);
  const begin = performance.now();
  const hub = await start(
    join(build, 'bin/robohub'),
    ['serve', '--config', join(folder, 'hub.yaml')],
    /^robohub: listening at http:\/\/127\.0\.0\.1:(\d+)\//,
  );
  const port = Number(hub.match[1]);
  const origin = `http://127.0.0.1:${port}`;
  const ready = await fetch(`${origin}/readyz`);
  if (ready.status !== 200) throw new Error(`/readyz says ${ready.status}`);
  return Object.assign(hub, {
    /** The port of a door of devices without an agent, such as "robot_tcp". */
    door: (name) =>
      Number(
        hub.said
          .find((line) => line.startsWith(`robohub: ${name} at `))
          ?.split(':')
          .pop(),
      ),
    readyMs: performance.now() - begin,
    port,
    origin,
    async guest() {
      const answer = await fetch(`${origin}/api/v1/session`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Origin: origin },
        body: JSON.stringify({ guest: 'Bench' }),
      });
      if (!answer.ok) throw new Error(`no guest session: ${await answer.text()}`);
      const cookie = answer.headers.get('set-cookie').split(';')[0];
      return [`Cookie: ${cookie}`, `Origin: ${origin}`];
    },
  });
}

/** A device of the bench's type; its claim code. */
export async function enrolBenchDevice(build, folder, id = 'bench-1') {
  const enrolled = await start(
    join(build, 'bin/robohub'),
    ['device', 'enrol', id, '--type', 'bench_device', '--data', join(folder, 'data')],
    /([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})/,
  );
  await enrolled.ended;
  return enrolled.match[1];
}

/** How many connections this machine's programs have to a port of 127.0.0.1. */
export async function connectionsTo(port) {
  const remote = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = (await readFile('/proc/net/tcp', 'utf8')).split('\n').map((row) => row.trim().split(/\s+/));
  return rows.filter(([, , to, state]) => to === remote && state === '01').length;
}

/** The real MQTT broker with the shipped settings; `settings` are the hub's lines for it. */
export async function startBroker(folder) {
  const here = join(folder, 'broker');
  const shipped = new URL('../../config/mosquitto/', import.meta.url);
  const [port, anonymous] = [await freePort(), await freePort()];
  await mkdir(here);
  const conf = (await readFile(new URL('mosquitto.conf', shipped), 'utf8'))
    .replaceAll('/etc/mosquitto/robohub', here)
    .replace(/^listener 1884 /m, `listener ${port} `)
    .replace(/^listener 1883 /m, `listener ${anonymous} `);
  const secret = { mode: 0o600 };
  await writeFile(join(here, 'mosquitto.conf'), `${conf}user ${userInfo().username}\n`);
  for (const name of ['acl', 'acl-anonymous'])
    await writeFile(join(here, name), await readFile(new URL(name, shipped)));
  await writeFile(join(here, 'hub.password'), 'bench', secret);
  await writeFile(join(here, 'passwords'), 'hub:bench\n', secret);
  const hashed = spawn('mosquitto_passwd', ['-U', join(here, 'passwords')], { stdio: 'ignore' });
  await new Promise((resolve, reject) => hashed.once('error', reject).once('close', resolve));
  const broker = await start('/usr/sbin/mosquitto', ['-c', join(here, 'mosquitto.conf')], / running$/);
  const settings = `mqtt: {broker: "mqtt://127.0.0.1:${port}", user: hub, password_file: "${join(here, 'hub.password')}"}\n`;
  return Object.assign(broker, { port, settings });
}

/** A TCP port that nobody has at the moment. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** A real agent with the bench device "bench-1", online at the hub. */
export async function startAgent(build, folder, hub, { driver = {}, camera = { source: 'none' } } = {}) {
  const claimCode = await enrolBenchDevice(build, folder);
  const settings = {
    hub: { url: hub.origin },
    device: 'bench-1',
    claim_code: claimCode,
    state_dir: join(folder, 'agent'),
    plugin: { type: 'bench_device', path: join(build, 'bench/plugins'), host: 'child' },
    driver,
    camera,
  };
  await writeFile(join(folder, 'agent.yaml'), JSON.stringify(settings)); // JSON is YAML
  return start(join(build, 'bin/robohub-agent'), ['--config', join(folder, 'agent.yaml')], /online as bench-1/);
}
