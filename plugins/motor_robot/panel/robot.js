import { DriveSender } from './drive_sender.js';
import { mix, stopped } from './mixing.js';

/** @type {Map<string, Robot>} */
const robots = new Map();

/** The one Robot of a device, shared by its panels. */
export function robotOf(api) {
  let robot = robots.get(api.device);
  if (!robot || robot.api !== api) {
    robot = new Robot(api);
    robots.set(api.device, robot);
  }
  return robot;
}

/** How long a notice stays. */
const notice_ms = 5000;

/** What this page knows of one robot and does with it; the panels draw themselves from here. */
export class Robot {
  /** @param {DriveSender} [sender] */
  constructor(api, sender) {
    this.api = api;
    /** @type {{state: string, place: number, elsewhere?: boolean, epoch?: number}} */
    this.you = { state: 'none', place: 0 };
    this.stop = 'none';
    this.online = false;
    /** Newest telemetry of each channel, or null. */
    this.outputs = null;
    this.message = null;
    this.orientation = null;
    /** The most that a motor gets, in percent. */
    this.limit = 70;
    /** What the wheels shall do, as asked for last. */
    this.wheels = stopped;
    /** Of switches that the robot does not report: what was sent last. */
    this.sent = { led: false, buzzer: false };
    /** @type {{tone: 'info' | 'wrong' | 'good', text: string} | null} */
    this.notice = null;
    this.sender_ = sender ?? new DriveSender((wheels) => this.order_(wheels));
    /** Sticks that are being held; the first of them counts. @type {Map<string, {x: number, y: number}>} */
    this.held_ = new Map();
    /** Whether a stick has moved the robot since this page began to drive. */
    this.steered_ = false;
    this.listeners_ = new Set();
    this.releases_ = [];
    this.notice_timer_ = undefined;
  }

  /** Whether this page may move the robot now. */
  get mine() {
    return this.you.state === 'active' && this.online && this.stop === 'none';
  }

  /** Why it may not, as a sentence; '' when it may. */
  get why() {
    if (!this.online) return 'The robot is offline.';
    if (this.you.state === 'waiting') {
      return this.you.place <= 1
        ? 'You are next: driving starts with your turn.'
        : 'You are in line: driving starts with your turn.';
    }
    if (this.you.elsewhere) return 'You are driving in another tab.';
    if (this.you.state === 'none' && this.you.epoch > 0) return 'One moment: this page is not connected.';
    if (this.you.state !== 'active') return 'Join the line to drive.';
    if (this.stop !== 'none') return 'Stopped: nothing moves until the stop is reset.';
    return '';
  }

  /** Whether this robot knows a command; one that came by an older protocol may lack some. */
  can(name) {
    return (this.api.typeInfo?.commands ?? []).some((command) => command.name === name);
  }

  tells(channel) {
    return (this.api.typeInfo?.channels ?? []).some(({ name }) => name === channel);
  }

  /** @param {'led' | 'buzzer'} name */
  isOn(name) {
    return Boolean(this.tells('outputs') ? this.outputs?.[name] : this.sent[name]);
  }

  /** Calls `listener` on each change until the returned function is called. */
  follow(listener) {
    this.listeners_.add(listener);
    if (this.listeners_.size === 1) this.open_();
    return () => {
      this.listeners_.delete(listener);
      if (this.listeners_.size === 0) this.close_();
    };
  }

  change() {
    for (const listener of [...this.listeners_]) listener();
  }

  /** A stick (by its name) is at x, y; it goes on until release(). */
  hold(stick, place) {
    if (!this.mine) return;
    this.held_.set(stick, place);
    this.steer_();
  }

  /** A stick was let go; without a name: all of them. */
  release(stick) {
    if (stick === undefined) this.held_.clear();
    else if (!this.held_.delete(stick)) return;
    this.steer_();
  }

  setLimit(percent) {
    this.limit = percent;
    this.steer_();
  }

  /** Switches the LED or the buzzer over. */
  async toggle(name) {
    const on = !this.isOn(name);
    if ((await this.run(name, { on })) !== null) this.sent[name] = on;
    this.change();
  }

  /** Runs one command and tells of its failure; resolves to the command's value, or null when it did not succeed. */
  async run(name, params, done = '') {
    const [value, wrong] = await this.outcome_(name, params);
    if (wrong) this.tell('wrong', wrong);
    else if (done) this.tell('good', done);
    return wrong ? null : value;
  }

  tell(tone, text) {
    this.notice = { tone, text };
    clearTimeout(this.notice_timer_);
    this.notice_timer_ = setTimeout(() => {
      this.notice = null;
      this.change();
    }, notice_ms);
    this.change();
  }

  steer_() {
    const [place] = this.held_.values();
    this.wheels = place && this.mine ? mix(place, this.limit) : stopped;
    this.steered_ ||= this.wheels.left !== 0 || this.wheels.right !== 0;
    this.sender_.want(this.wheels);
    this.change();
  }

  async order_({ left, right }) {
    // That a robot stands when this page begins to drive was nobody's wish: a refusal (it stands already) is not told.
    const asked = this.steered_;
    const [, wrong] = await this.outcome_('drive', { left_percent: left, right_percent: right });
    if (wrong && asked && this.mine) this.tell('wrong', wrong);
    return !wrong;
  }

  /** [value, sentence]: the sentence is '' when it succeeded. */
  async outcome_(name, params) {
    try {
      const command = await this.api.send(name, params);
      if (command.state === 'succeeded') return [command.value ?? {}, ''];
      return [null, command.error?.message ?? `The command ended as ${command.state}.`];
    } catch (refusal) {
      return [null, refusal.detail ?? String(refusal)];
    }
  }

  open_() {
    const hear = (channel, take) =>
      this.releases_.push(
        this.api.subscribe(channel, (value) => {
          take(value);
          this.change();
        }),
      );
    hear('$device', (device) => {
      const was_mine = this.mine;
      this.online = device.presence === 'online';
      this.stop = device.stop.state;
      this.settleTurn_(was_mine);
    });
    hear('$you', (you) => {
      const was_mine = this.mine;
      this.you = you;
      this.settleTurn_(was_mine);
    });
    hear('outputs', (outputs) => (this.outputs = outputs));
    hear('message', (message) => (this.message = message));
    hear('orientation', (orientation) => (this.orientation = orientation));
  }

  /** The robot goes by no order but those of the window that drives: one that begins to drive makes it stand. */
  settleTurn_(was_mine) {
    if (!this.mine) this.endTurn_();
    else if (!was_mine) this.beginTurn_();
  }

  beginTurn_() {
    this.steered_ = false;
    this.sender_.begin();
  }

  /** What was wished for in one turn must not move anything in the next, nor behind a stop. */
  endTurn_() {
    this.held_.clear();
    this.wheels = stopped;
    this.sender_.forget();
  }

  close_() {
    this.release();
    for (const release of this.releases_) release();
    this.releases_ = [];
    clearTimeout(this.notice_timer_);
    this.notice = null;
    // Nobody hears any more who drives.
    this.you = { state: 'none', place: 0 };
  }
}
