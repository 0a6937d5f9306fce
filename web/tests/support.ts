import { LiveSocket, type Socket } from '../src/net/live.ts';
import type { Device } from '../src/protocol.ts';
import type { Clock } from '../src/state/clock.ts';

/** Time that passes only when a test says so. */
export class ManualClock implements Clock {
  private now_ = 1000;
  private timers_: { at: number; run: () => void }[] = [];

  now(): number {
    return this.now_;
  }

  after(delay_ms: number, run: () => void): () => void {
    const timer = { at: this.now_ + delay_ms, run };
    this.timers_.push(timer);
    return () => {
      this.timers_ = this.timers_.filter((other) => other !== timer);
    };
  }

  advance(ms: number): void {
    const until = this.now_ + ms;
    for (;;) {
      const next = this.timers_.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers_ = this.timers_.filter((other) => other !== next);
      this.now_ = Math.max(this.now_, next.at);
      next.run();
    }
    this.now_ = until;
  }
}

type Sent = { type: string; ref?: string } & Record<string, unknown>;

/** The hub's end of a socket, played by the test. */
export class ScriptedSocket implements Socket {
  readonly readyState = 1;
  readonly sent: Sent[] = [];
  private readonly message_: ((event: { data: unknown }) => void)[] = [];
  private readonly close_: ((event: { code: number }) => void)[] = [];

  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number }) => void): void;
  addEventListener(type: 'message' | 'close', listener: (event: never) => void): void {
    if (type === 'message') this.message_.push(listener as (event: { data: unknown }) => void);
    else this.close_.push(listener as (event: { code: number }) => void);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Sent);
  }

  close(): void {
    // The page hung up; a hub has nothing to say to that.
  }

  sayText(data: string): void {
    for (const listener of this.message_) listener({ data });
  }

  say(message: Record<string, unknown>): void {
    this.sayText(JSON.stringify(message));
  }

  welcome(): void {
    this.say({ type: 'welcome', person: {}, can: {}, version: '0.1.0', at_ms: 0 });
  }

  hangUp(code: number): void {
    for (const listener of this.close_) listener({ code });
  }

  types(): string[] {
    return this.sent.map(({ type }) => type);
  }

  ofType(type: string): Sent[] {
    return this.sent.filter((message) => message.type === type);
  }
}

/** A live socket that is already welcome at a scripted hub. */
export function onlineSocket(clock: Clock): { live: LiveSocket; hub: ScriptedSocket } {
  const hub = new ScriptedSocket();
  const live = new LiveSocket(
    () => hub,
    clock,
    () => 0.5,
  );
  live.start();
  hub.welcome();
  return { live, hub };
}

/** A tab's session storage. */
export class MemoryStorage {
  private readonly items_ = new Map<string, string>();

  getItem(key: string): string | null {
    return this.items_.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.items_.set(key, value);
  }

  removeItem(key: string): void {
    this.items_.delete(key);
  }
}

export function aDevice(part: Partial<Device> = {}): Device {
  return {
    id: 'lab-turret',
    name: 'Lab turret',
    type: 'laser_turret',
    presence: 'online',
    since_ms: 0,
    plugin: { version: '1.0.0', installed: true },
    fenced: true,
    hazards: ['laser'],
    deadman_ms: 500,
    stop: { state: 'none' },
    turn: { holder: null, epoch: 0, remaining_ms: null, grace_ms: null, waiting: [], estimate_ms: [] },
    streams: [],
    ...part,
  };
}
