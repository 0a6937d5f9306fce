// A hub of its own for each test file: real programs, a temporary folder, a free port.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(new URL('../../..', import.meta.url).pathname);
/** ROBOHUB_BUILD names another build folder than the one that script/test makes. */
const build = resolve(root, process.env.ROBOHUB_BUILD ?? 'build/release');
/** Likewise ROBOHUB_WEB another build of the page. */
const web = resolve(root, process.env.ROBOHUB_WEB ?? 'web/dist');

export class Hub {
  /** How long its program may take to say what is waited for. */
  static start_limit_ms = 20000;

  /**
   * Starts a hub on a free port with the settings of `turns` (as in config/robohub.yaml) and whatever lines come `more`.
   * @param {Record<string, string>} turns
   * @param {string[]} more
   */
  static async start(turns = {}, more = []) {
    await access(join(build, 'bin/robohub'));
    const hub = new Hub(await mkdtemp(join(tmpdir(), 'robohub-browser-')));
    try {
      await writeFile(join(hub.folder, 'robohub.yaml'), [hub.settings_(turns), ...more, ''].join('\n'));
      await hub.serve('0');
    } catch (error) {
      await hub.end(); // nobody else could, and a program that runs on keeps the test's own from ending
      throw error;
    }
    return hub;
  }

  constructor(folder) {
    this.folder = folder;
    this.data = join(folder, 'data');
    /** Address of the page, ending in a slash. */
    this.url = '';
    /** The one-time code for the first administrator. */
    this.code = '';
    this.serving_ = null;
    this.agents_ = [];
    this.said_ = '';
  }

  /** Starts the hub's program on `port`; used again after `kill`, with the same data. */
  async serve(port) {
    this.said_ = '';
    this.serving_ = this.run_('robohub', [
      'serve',
      '--config',
      join(this.folder, 'robohub.yaml'),
      '--data',
      this.data,
      '--port',
      port,
    ]);
    this.url = (await this.say_(/^robohub: listening at (http.*\/)$/m))[1];
    this.code ||= /^robohub: administrator code (\S+)$/m.exec(this.said_)?.[1] ?? '';
  }

  /** Where one of its other doors is, such as `robot_tcp`: "127.0.0.1:40123". */
  async door(name) {
    return (await this.say_(new RegExp(`^robohub: ${name} at (\\S+)$`, 'm')))[1];
  }

  /** Changes the text of its configuration file; the hub reads it when it reloads or starts. */
  async configure(edit) {
    const file = join(this.folder, 'robohub.yaml');
    await writeFile(file, edit(await readFile(file, 'utf8')));
  }

  /** Ends the hub's program without a word to anybody. */
  async kill() {
    await end(this.serving_, 'SIGKILL');
  }

  /** Starts it again at the same address. */
  async restart() {
    await this.serve(new URL(this.url).port);
  }

  /** Enrols the lab's turret as `id` and starts its agent; `edit` may change the text of its agent.yaml. */
  async startTurret(id = 'lab-turret', edit = undefined) {
    await this.startLab('lab-turret', id, edit);
  }

  /** Enrols a device of the lab (config/DEVICE.agent.yaml) as `id` and starts its agent, which may be one of several. */
  async startLab(device, id = device, edit = undefined) {
    const template = await this.template_(device);
    const type = /^ {2}type: (\w+)/m.exec(template)[1];
    const name = device[0].toUpperCase() + device.slice(1).replaceAll('-', ' ');
    const answer = await this.command('device', 'enrol', id, '--type', type, '--name', name);
    const code = /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(answer)?.[0];
    if (!code) throw new Error(`No claim code in: ${answer}`);
    await this.startAgent(id, code, edit, device);
  }

  /** Starts the agent of a device that was enrolled as `id` and has this claim code; a turret if not said. */
  async startAgent(id, code, edit = (text) => text, device = 'lab-turret') {
    const folder = join(this.data, 'agents', id);
    await mkdir(folder, { recursive: true });
    const template = (await this.template_(device)).replace(`device: ${device}`, `device: ${id}`);
    const settings = template
      .replace('@HUB_URL@', this.url.replace(/\/$/, ''))
      .replace('@CLAIM_CODE@', code)
      .replace('@STATE_DIR@', folder)
      .replace('@PLUGINS@', join(build, 'plugins'));
    await writeFile(join(folder, 'agent.yaml'), edit(settings));
    this.agents_.push(this.run_('robohub-agent', ['--config', join(folder, 'agent.yaml')]));
  }

  /** Starts a robot's older program, which comes by TCP. What it says of itself is in `said` of what is returned. */
  async startRobot(id, name) {
    const robot = this.run_('../standins/robot', [await this.door('robot_tcp'), id, name]);
    this.agents_.push(robot);
    robot.said = '';
    robot.stdout.on('data', (text) => (robot.said += text));
    return robot;
  }

  template_(device) {
    return readFile(join(root, `config/${device}.agent.yaml`), 'utf8');
  }

  /** Keeps the hub's program from doing anything, as a network that stalls would, until `resume`. */
  pause() {
    this.serving_.kill('SIGSTOP');
  }

  resume() {
    this.serving_.kill('SIGCONT');
  }

  /** Ends the agents that were started, so that their devices go offline. */
  async endAgents() {
    await Promise.all(this.agents_.splice(0).map((agent) => end(agent, 'SIGTERM')));
  }

  /** Ends everything and removes the folder. */
  async end() {
    await this.endAgents();
    await end(this.serving_, 'SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }

  settings_(turns) {
    const lines = Object.entries(turns).map(([name, value]) => `  ${name}: ${value}`);
    return [
      'server:',
      '  listen: 127.0.0.1:0',
      `  data: ${this.data}`,
      `  web: ${web}`,
      'plugins:',
      '  path:',
      `    - ${join(build, 'plugins')}`,
      'guests:',
      '  watch: true',
      '  play: true',
      ...(lines.length > 0 ? ['turns:', ...lines] : []),
      '',
    ].join('\n');
  }

  run_(program, parameters) {
    const child = spawn(join(build, 'bin', program), parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.on('error', (error) => (this.said_ += `${program}: ${error.message}\n`));
    const keep = (text) => {
      if (program === 'robohub') this.said_ += text;
      if (process.env.ROBOHUB_TEST_LOG) process.stderr.write(text);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    return child;
  }

  async say_(pattern) {
    const until = Date.now() + Hub.start_limit_ms;
    for (;;) {
      const found = pattern.exec(this.said_);
      if (found) return found;
      if (this.serving_.exitCode !== null) throw new Error(`The hub has ended:\n${this.said_}`);
      if (Date.now() > until) throw new Error(`The hub did not say ${pattern}:\n${this.said_}`);
      await new Promise((go) => setTimeout(go, 20));
    }
  }

  /** What a command of the hub's program prints; the hub may be running or not. */
  async command(...parameters) {
    const child = spawn(join(build, 'bin/robohub'), [...parameters, '--data', this.data], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const pipe of [child.stdout, child.stderr]) pipe.setEncoding('utf8').on('data', (text) => (said += text));
    const [status] = await once(child, 'close');
    if (status !== 0) throw new Error(`robohub ${parameters.join(' ')} ended with ${status}:\n${said}`);
    return said;
  }
}

async function end(child, signal) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  const late = setTimeout(() => child.kill('SIGKILL'), 8000);
  await gone;
  clearTimeout(late);
}
