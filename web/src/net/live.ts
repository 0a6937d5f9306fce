import type { HubMessage } from '../protocol.ts';
import { systemClock, type Clock } from '../state/clock.ts';
import { Store } from '../state/store.ts';
import { Backoff } from './backoff.ts';
import { Problem } from './http.ts';

export type Connection =
  | { kind: 'idle' }
  | { kind: 'connecting'; attempt: number }
  | { kind: 'online' }
  /** Dials again at `retry_at` (milliseconds of the page's clock). `rights`: the hub hung up since rights have changed. */
  | { kind: 'waiting'; attempt: number; retry_at: number; rights?: boolean }
  /** The hub says that nobody is signed in; dialling again would not help. */
  | { kind: 'signed_out' };

/** The part of the browser's WebSocket that is used here. */
export interface Socket {
  readonly readyState: number;
  send(text: string): void;
  close(): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number }) => void): void;
}

export type Message = { type: string } & Record<string, unknown>;

/** What the page wants the hub to keep open. */
interface Interest {
  open: Message;
  close: Message;
  holders: number;
  refused: ((problem: Problem) => void) | undefined;
}

interface Pending {
  resolve: () => void;
  reject: (problem: Problem) => void;
}

const open_state = 1;
/** A hub that has not said welcome by then is not going to. */
const welcome_limit_ms = 8000;
/** The hub hangs up with this code when what the person may has changed, and lets the page come back at once. */
const rights_changed_code = 4003;
const rights_delay_ms = 150;
/** After this long without a word we ask; after twice that we hang up and dial again. */
const silence_ms = 8000;
/** So often we ask in any case: the answer tells the hub's time, which may have been set. */
const time_ms = 60000;

/**
 * The page's one live socket. Dials again by itself after a loss, with back-off and jitter, and repeats what the page
 * wants to watch, so that nobody else in the page needs to know that it was away.
 */
export class LiveSocket {
  readonly connection = new Store<Connection>({ kind: 'idle' });
  private socket_: Socket | null = null;
  private welcomed_ = false;
  private was_online_ = false;
  private heard_at_ = 0;
  /** Messages so far: a browser's clock may stand still for longer than an answer takes. */
  private heard_ = 0;
  private asked_at_ = 0;
  private attempt_ = 0;
  private next_ref_ = 1;
  private cancelTimer_: () => void = () => undefined;
  private readonly backoff_: Backoff;
  private readonly interests_ = new Map<string, Interest>();
  private readonly pending_ = new Map<string, Pending>();
  private readonly listeners_ = new Set<(message: HubMessage) => void>();

  constructor(
    private readonly dial: () => Socket,
    private readonly clock: Clock = systemClock,
    random: () => number = Math.random,
  ) {
    this.backoff_ = new Backoff(500, 8000, random);
  }

  /** The connection was there and is not now: what the page shows may be old. */
  get lost(): boolean {
    return this.was_online_ && this.connection.value.kind !== 'online';
  }

  start(): void {
    if (this.socket_ || this.connection.value.kind === 'waiting') return;
    this.backoff_.reset();
    this.attempt_ = 0;
    this.connect();
  }

  /** Hangs up for good (until `start`): signing out, or leaving the page. */
  stop(): void {
    this.cancelTimer_();
    this.was_online_ = false;
    this.drop();
    this.connection.set({ kind: 'idle' });
  }

  /** Dials now instead of waiting out the back-off: the person asked, or the network came back. */
  retryNow(): void {
    if (this.connection.value.kind !== 'waiting') return;
    this.cancelTimer_();
    this.connect();
  }

  /**
   * Something that the hub answers at once was not answered: hangs up and dials again unless the hub is heard within
   * `limit_ms`. A connection that died with the network, or while the machine slept, says nothing of it for long.
   */
  doubt(limit_ms = 3000): void {
    if (!this.ping()) return;
    const heard = this.heard_;
    this.clock.after(limit_ms, () => {
      if (this.welcomed_ && this.heard_ === heard) this.hungUp(1006);
    });
  }

  /** The page comes to the front, or the network is back: what was online before may have died unnoticed meanwhile. */
  woke(): void {
    this.retryNow();
    this.doubt();
  }

  /** Sends when the hub is there; false when it is not (nothing is kept for later: late commands are dangerous). */
  send(message: Message): boolean {
    if (!this.welcomed_ || this.socket_?.readyState !== open_state) return false;
    this.socket_.send(JSON.stringify(message));
    return true;
  }

  /** Sends with a `ref`, and settles with the hub's `ok` or `error`. */
  request(message: Message): Promise<void> {
    const ref = `r${this.next_ref_++}`;
    return new Promise((resolve, reject) => {
      this.pending_.set(ref, { resolve, reject });
      if (!this.send({ ...message, ref })) {
        this.pending_.delete(ref);
        reject(new Problem('unavailable', 'There is no connection to the hub right now.'));
      }
    });
  }

  /**
   * Keeps `open` true at the hub over every reconnect, until all who asked for it have released it. `refused` is told
   * when the hub refuses it, now or after a reconnect; of several for one name the first counts.
   */
  keep(name: string, open: Message, close: Message, refused?: (problem: Problem) => void): () => void {
    const interest = this.interests_.get(name) ?? { open, close, holders: 0, refused };
    this.interests_.set(name, interest);
    interest.holders += 1;
    if (interest.holders === 1) this.ask(interest);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      interest.holders -= 1;
      if (interest.holders > 0) return;
      this.interests_.delete(name);
      this.send(close);
    };
  }

  onMessage(listener: (message: HubMessage) => void): () => void {
    this.listeners_.add(listener);
    return () => this.listeners_.delete(listener);
  }

  private ask(interest: Interest): void {
    if (!this.welcomed_ || !interest.refused) {
      this.send(interest.open);
      return;
    }
    const socket = this.socket_;
    this.request(interest.open).catch((error: unknown) => {
      // A connection that was lost has refused nothing.
      const asked = socket === this.socket_ && interest.holders > 0;
      if (asked && error instanceof Problem) interest.refused?.(error);
    });
  }

  private connect(): void {
    this.attempt_ += 1;
    this.connection.set({ kind: 'connecting', attempt: this.attempt_ });
    const socket = this.dial();
    this.socket_ = socket;
    this.welcomed_ = false;
    this.heard_at_ = this.clock.now();
    socket.addEventListener('message', (event) => this.received(socket, event.data));
    socket.addEventListener('close', (event) => this.closed(socket, event.code));
    this.cancelTimer_ = this.clock.after(welcome_limit_ms, () => this.hungUp(1006));
  }

  private received(socket: Socket, data: unknown): void {
    if (socket !== this.socket_ || typeof data !== 'string') return;
    this.heard_ += 1;
    this.heard_at_ = this.clock.now();
    let message: HubMessage;
    try {
      message = JSON.parse(data) as HubMessage;
    } catch {
      return;
    }
    if (message.type === 'welcome') this.becomeOnline();
    if ((message.type === 'ok' || message.type === 'error') && message.ref !== undefined) this.answer(message);
    for (const listener of [...this.listeners_]) listener(message);
  }

  private becomeOnline(): void {
    this.cancelTimer_();
    this.welcomed_ = true;
    this.was_online_ = true;
    this.attempt_ = 0;
    this.backoff_.reset();
    for (const interest of this.interests_.values()) this.ask(interest);
    this.asked_at_ = this.clock.now();
    this.connection.set({ kind: 'online' });
    this.watchSilence();
  }

  private watchSilence(): void {
    this.cancelTimer_ = this.clock.after(silence_ms / 2, () => {
      const now = this.clock.now();
      const silent_ms = now - this.heard_at_;
      if (silent_ms >= 2 * silence_ms) {
        this.hungUp(1006);
        return;
      }
      if (silent_ms >= silence_ms || now - this.asked_at_ >= time_ms) this.ping();
      this.watchSilence();
    });
  }

  private ping(): boolean {
    this.asked_at_ = this.clock.now();
    return this.send({ type: 'ping' });
  }

  private answer(message: Extract<HubMessage, { type: 'ok' | 'error' }>): void {
    const pending = this.pending_.get(message.ref ?? '');
    if (!pending) return;
    this.pending_.delete(message.ref ?? '');
    if (message.type === 'ok') pending.resolve();
    else pending.reject(new Problem(message.code, message.detail, message.pointer));
  }

  private closed(socket: Socket, code: number): void {
    if (socket === this.socket_) this.hungUp(code);
  }

  private hungUp(code: number): void {
    this.cancelTimer_();
    this.drop();
    if (code === 1008) {
      this.connection.set({ kind: 'signed_out' });
      return;
    }
    const rights = code === rights_changed_code;
    const delay_ms = rights ? rights_delay_ms : this.backoff_.next();
    this.connection.set({ kind: 'waiting', attempt: this.attempt_, retry_at: this.clock.now() + delay_ms, rights });
    this.cancelTimer_ = this.clock.after(delay_ms, () => this.connect());
  }

  private drop(): void {
    const socket = this.socket_;
    this.socket_ = null;
    this.welcomed_ = false;
    // What a socket says after it was dropped is for nobody: `received` and `closed` compare.
    socket?.close();
    const gone = new Problem('unavailable', 'The connection was lost before the hub answered.');
    for (const pending of [...this.pending_.values()]) pending.reject(gone);
    this.pending_.clear();
  }
}

/** Dials this page's own origin. */
export function dialHub(): Socket {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return new WebSocket(`${scheme}://${location.host}/api/v1/live`);
}
