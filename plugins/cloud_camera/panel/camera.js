/** How long a notice stays. */
const notice_ms = 6000;
/** So many alarms are listed. */
const most_alarms = 20;
/** The last moment that a Date can be, in ms since 1970 (ECMA-262, 21.4.1.1). */
const last_date_ms = 8.64e15;

/** What this page knows of one camera and does with it; the element draws itself from here. */
export class Camera {
  constructor(api) {
    this.api = api;
    this.online = false;
    /** Newest telemetry of "state", or null before any came. */
    this.state = null;
    /** @type {{at_ms: number, source: string}[]} The newest first. */
    this.alarms = [];
    /** The command that is on its way, or ''. */
    this.busy = '';
    /** @type {{tone: 'wrong' | 'good', text: string} | null} */
    this.notice = null;
    this.listener_ = () => undefined;
    this.releases_ = [];
    this.notice_timer_ = undefined;
  }

  /** Calls `listener` on each change until the returned function is called. */
  follow(listener) {
    this.listener_ = listener;
    const hear = (channel, take) =>
      this.releases_.push(
        this.api.subscribe(channel, (value) => {
          take(value);
          this.listener_();
        }),
      );
    hear('$device', (device) => (this.online = device.presence === 'online'));
    hear('state', (state) => (this.state = state));
    hear('alarms', ({ recent }) => {
      this.alarms = recent.map(({ at, source }) => ({ at_ms: Date.parse(at), source })).filter(hasDate);
    });
    hear('alarm', (alarm) => this.addAlarm_(alarm));
    return () => {
      for (const release of this.releases_) release();
      this.releases_ = [];
      clearTimeout(this.notice_timer_);
      this.listener_ = () => undefined;
    };
  }

  /** What the device itself said last; null while nobody knows. */
  get armed() {
    return this.state ? this.state.armed : null;
  }

  /** Why no command would help now, as a sentence; '' when one would. */
  get why() {
    if (!this.online) return 'The camera is offline.';
    return this.state ? '' : 'The camera has not said yet how it is.';
  }

  /** Whether it watches over the place, as a sentence. */
  get watching() {
    if (!this.armed) return 'Not armed: nothing is recorded by itself.';
    return this.state.away ? 'Armed, but the camera is away: nothing is recorded.' : 'Armed: what moves is recorded.';
  }

  /** How far a capture is, as a sentence. */
  get progress() {
    if (!this.state) return '';
    const { capturing, segments, uploading = 0 } = this.state;
    const sent = uploading > 0 ? `${count(uploading, 'segment')} on the way to the hub` : '';
    if (capturing) return `Recording: ${count(segments, 'segment')} so far${sent ? `, ${sent}` : ''}.`;
    if (sent) return this.online ? `Recorded; ${sent}.` : `Recorded; ${sent} when it is back.`;
    return segments > 0 ? 'Everything recorded is at the hub.' : 'Nothing is being recorded.';
  }

  async toggle() {
    await this.run_(this.armed ? 'disarm' : 'arm');
  }

  async capture() {
    if (await this.run_('capture')) this.tell_('good', 'The camera was asked for a capture.');
  }

  /** Devices that tell one alarm at a time are listed too; the list of those that keep one comes whole. */
  addAlarm_(alarm) {
    if (!hasDate(alarm)) return;
    const { at_ms, source } = alarm;
    // The list may have come first, with times to the second.
    const same = (known) => known.source === source && Math.abs(known.at_ms - at_ms) < 1000;
    if (this.alarms.some(same)) return;
    this.alarms = [{ at_ms, source }, ...this.alarms].sort((a, b) => b.at_ms - a.at_ms).slice(0, most_alarms);
  }

  /** True when it succeeded; else it is told why not. */
  async run_(name) {
    if (this.why) this.tell_('wrong', this.why);
    if (this.why || this.busy) return false;
    this.busy = name;
    this.listener_();
    let wrong = '';
    try {
      const command = await this.api.send(name, {});
      if (command.state !== 'succeeded') wrong = command.error?.message || `The command ended as ${command.state}.`;
    } catch (refusal) {
      wrong = refusal.detail ?? String(refusal);
    }
    this.busy = '';
    if (wrong) this.tell_('wrong', wrong);
    else this.listener_();
    return !wrong;
  }

  tell_(tone, text) {
    this.notice = { tone, text };
    clearTimeout(this.notice_timer_);
    this.notice_timer_ = setTimeout(() => {
      this.notice = null;
      this.listener_();
    }, notice_ms);
    this.listener_();
  }
}

/** What a device or the broker says may be no time at all; one such entry must not hide the others. */
function hasDate({ at_ms }) {
  return at_ms > 0 && at_ms <= last_date_ms;
}

function count(number, what) {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** What raised an alarm, for a person. */
export function sourceText(source) {
  if (source === 'motion') return 'Something moved';
  const pin = /^gpio (\d+)$/.exec(source);
  return pin ? `Alarm at input ${pin[1]}` : 'Alarm';
}
