import { AimSender } from './aim_sender.js';
import { CalibrationDraft } from './calibration_draft.js';
import { HeldPointer } from './held_pointer.js';

/** @type {Map<string, Turret>} */
const turrets = new Map();

/** The one Turret of a device, shared by its overlay and its controls. */
export function turretOf(api) {
  let turret = turrets.get(api.device);
  if (!turret || turret.api !== api) {
    turret = new Turret(api);
    turrets.set(api.device, turret);
  }
  return turret;
}

/** How long a notice stays. */
const notice_ms = 5000;

/** What this page knows of one turret and does with it; both elements draw themselves from here. */
export class Turret {
  constructor(api) {
    this.api = api;
    /** Size of the shown picture, in its own pixels; a usual one until it is known. */
    this.picture = { width: 640, height: 480 };
    this.pictured = false;
    /** @type {{state: string, place: number, elsewhere?: boolean, epoch?: number}} */
    this.you = { state: 'none', place: 0 };
    this.stop = 'none';
    this.online = false;
    /** Newest telemetry of each channel, or null. */
    this.pointing = null;
    this.calibration = null;
    /** The keyboard's cursor in the picture; null until it is used. */
    this.cursor = null;
    /** The point last aimed at, and whether it was refused. */
    this.aimed = null;
    /** The pointer that holds the picture and drags the aim along. */
    this.drag = new HeldPointer();
    /** @type {{tone: 'info' | 'wrong' | 'good', text: string} | null} */
    this.notice = null;
    this.busy = false;
    this.draft = new CalibrationDraft(api.device, tabStorage());
    this.sender_ = new AimSender((point) => this.sendAim_(point));
    this.listeners_ = new Set();
    this.releases_ = [];
    this.notice_timer_ = undefined;
  }

  /** Whether this page may move the turret now. */
  get mine() {
    return this.you.state === 'active' && this.online && this.stop === 'none';
  }

  /** Why it may not, as a sentence; '' when it may. */
  get why() {
    if (!this.online) return 'The turret is offline.';
    if (this.you.state === 'waiting') {
      return this.you.place <= 1
        ? 'You are next: aiming starts with your turn.'
        : 'You are in line: aiming starts with your turn.';
    }
    if (this.you.elsewhere) return 'You are driving in another tab.';
    if (this.you.state === 'none' && this.you.epoch > 0) return 'One moment: this page is not connected.';
    if (this.you.state !== 'active') return 'Join the line to aim.';
    if (this.stop !== 'none') return 'Stopped: nothing moves until the stop is reset.';
    return '';
  }

  /** Whether points of the picture may be aimed at now: not before it is known how large it is. */
  get aims() {
    return this.mine && this.pictured;
  }

  /** Why they may not, as a sentence; '' when they may. */
  get whyNoAim() {
    return this.why || (this.pictured ? '' : 'There is no picture yet.');
  }

  /** Whether the turret has this command; over an older link it has few. @param {string} name */
  can(name) {
    const commands = this.api.typeInfo?.commands;
    return !commands || commands.some((command) => command.name === name);
  }

  /** Why the turret takes no calibration, as a sentence; '' when it does. An older driver does not say, and may refuse. */
  get whyNoCalibration() {
    if (this.calibration?.allowed !== false) return '';
    return 'The calibration cannot be changed from the page; the operator can allow it with allow_calibration: true in agent.yaml.';
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

  /** @param {{x_px: number, y_px: number}} point */
  aim(point) {
    if (!this.aims) return;
    this.aimed = { ...point, refused: false };
    this.notice = this.notice?.tone === 'wrong' ? null : this.notice;
    this.change();
    this.sender_.aim(point);
  }

  /** Runs one command and tells of its failure; resolves to the command's value, or null when it did not succeed. */
  async run(name, params, done = '') {
    this.busy = true;
    this.change();
    const [value, wrong] = await this.outcome_(name, params);
    this.busy = false;
    if (wrong) this.tell('wrong', wrong);
    else if (done) this.tell('good', done);
    else this.change();
    return wrong ? null : value;
  }

  /** Saves the draft as the turret's calibration. */
  async calibrate() {
    if (this.whyNoCalibration) {
      this.tell('wrong', this.whyNoCalibration);
      return;
    }
    const value = await this.run('calibrate', { pairs: this.draft.pairs });
    if (!value) return;
    this.draft.discard();
    const residual =
      typeof value.residual_counts === 'number' ? ` Residual ${value.residual_counts.toFixed(2)} counts.` : '';
    this.tell('good', `The new calibration is saved.${residual}`);
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

  async sendAim_(point) {
    const [, wrong] = await this.outcome_('aim', point);
    if (!wrong) return;
    this.aimed = { ...point, refused: true };
    this.tell('wrong', wrong);
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
    hear('$picture', (picture) => this.show_(picture));
    hear('$device', (device) => {
      this.online = device.presence === 'online';
      this.stop = device.stop.state;
      if (!this.mine) this.letGo_();
    });
    hear('$you', (you) => {
      this.you = you;
      if (!this.mine) this.letGo_();
      if (you.state !== 'active') this.aimed = null;
    });
    hear('pointing', (pointing) => (this.pointing = pointing));
    hear('calibration', (calibration) => (this.calibration = calibration));
  }

  /** A picture of this size is shown from now on. */
  show_(picture) {
    const same = picture.width === this.picture.width && picture.height === this.picture.height;
    if (this.pictured && !same) {
      // Points of the one before are others in this one.
      this.letGo_();
      this.aimed = null;
      this.cursor = null;
    }
    this.picture = picture;
    this.pictured = true;
  }

  /** What was wished for in one turn must not move anything in the next, nor behind a stop. */
  letGo_() {
    this.sender_.forget();
    this.drag.letGo();
  }

  close_() {
    this.letGo_();
    for (const release of this.releases_) release();
    this.releases_ = [];
    clearTimeout(this.notice_timer_);
    this.notice = null;
  }
}

function tabStorage() {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}
