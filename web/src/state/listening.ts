import { Backoff } from '../net/backoff.ts';
import { problemOf, type Problem } from '../net/http.ts';
import { WavReader } from '../sound/wav.ts';
import type { SoundPlayer } from '../sound/player.ts';
import { systemClock, type Clock } from './clock.ts';
import { Store } from './store.ts';

/** quiet: connected, and nothing comes. lost: it dials again. refused, unplayable: it is off. */
export type ListeningState = 'off' | 'connecting' | 'live' | 'quiet' | 'lost' | 'refused' | 'unplayable';

export interface Heard {
  state: ListeningState;
  /** How loud it is, 0 to 1, from -60 dB of the loudest there is up to that. */
  level: number;
  /** Why the hub refuses, in its own words. */
  detail: string;
}

const off: Heard = { state: 'off', level: 0, detail: '' };

type Open = (volume: number, onLoudness: (rms: number) => void) => Promise<SoundPlayer>;
type Ask = (url: string, signal: AbortSignal) => Promise<Response>;

/** No sample for this long: the microphone is silent in a way that no room is. */
const quiet_after_ms = 1500;
const floor_db = -60;
/** Signed out, not allowed, not there: asked again, the hub would say the same. */
const final_refusals: readonly number[] = [401, 403, 404];

/** Plays one sound stream from the press of a person until it is switched off; dials again when the hub goes away. */
export class Listening {
  readonly heard = new Store<Heard>(off);
  private volume_ = 0.8;
  private url_ = '';
  private player_: SoundPlayer | null = null;
  private abort_: AbortController | null = null;
  private cancelTimer_: () => void = () => undefined;
  private cancelQuiet_: () => void = () => undefined;
  private readonly backoff_ = new Backoff(500, 8000);

  constructor(
    private readonly open: Open,
    private readonly ask: Ask = askHub,
    private readonly clock: Clock = systemClock,
  ) {}

  get on(): boolean {
    return this.url_ !== '';
  }

  /** 0 to 1. */
  get volume(): number {
    return this.volume_;
  }

  setVolume(volume: number): void {
    this.volume_ = volume;
    this.player_?.setVolume(volume);
  }

  /** Begins to listen to the WAV at `url`. Only by a person's press. */
  async start(url: string): Promise<void> {
    if (this.on) return;
    this.url_ = url;
    this.backoff_.reset();
    const abort = new AbortController();
    this.abort_ = abort;
    this.heard.set({ ...off, state: 'connecting' });
    try {
      const player = await this.open(this.volume_, (rms) => this.tellLoudness(rms));
      if (abort.signal.aborted) {
        player.close();
        return;
      }
      this.player_ = player;
      player.setVolume(this.volume_);
    } catch {
      if (abort.signal.aborted) return;
      this.stop();
      this.heard.set({ ...off, state: 'unplayable' });
      return;
    }
    void this.dial(abort.signal);
  }

  stop(): void {
    this.url_ = '';
    this.abort_?.abort();
    this.abort_ = null;
    this.cancelTimer_();
    this.cancelQuiet_();
    this.player_?.close();
    this.player_ = null;
    this.heard.set(off);
  }

  private async dial(signal: AbortSignal): Promise<void> {
    let refusal: Problem | null = null;
    try {
      refusal = await this.read(signal);
    } catch {
      // Told below, as an end is.
    }
    if (signal.aborted) return;
    const detail = refusal?.detail ?? '';
    if (refusal && final_refusals.includes(refusal.status)) {
      this.stop();
      this.heard.set({ ...off, state: 'refused', detail });
      return;
    }
    this.cancelQuiet_();
    this.heard.set({ ...off, state: 'lost', detail });
    this.cancelTimer_ = this.clock.after(this.backoff_.next(), () => void this.dial(signal));
  }

  /** Plays until the end, or returns what the hub says instead. */
  private async read(signal: AbortSignal): Promise<Problem | null> {
    const response = await this.ask(this.url_, signal);
    if (!response.ok) return problemOf(response);
    const reader = response.body?.getReader();
    if (!reader) return null;
    const wav = new WavReader();
    this.awaitSamples();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return null;
      const told = wav.rate_hz > 0;
      const samples = wav.push(value);
      if (!told && wav.rate_hz > 0) this.player_?.begin(wav.rate_hz);
      if (samples.length === 0) continue;
      this.backoff_.reset();
      this.awaitSamples();
      if (this.heard.value.state !== 'live') this.heard.patch({ state: 'live', detail: '' });
      this.player_?.play(samples);
    }
  }

  private awaitSamples(): void {
    this.cancelQuiet_();
    this.cancelQuiet_ = this.clock.after(quiet_after_ms, () => this.heard.set({ ...off, state: 'quiet' }));
  }

  private tellLoudness(rms: number): void {
    if (this.heard.value.state !== 'live') return;
    const db = 20 * Math.log10(Math.max(rms, 1e-9));
    const level = Math.round(100 * Math.min(1, Math.max(0, 1 - db / floor_db))) / 100;
    if (level !== this.heard.value.level) this.heard.patch({ level });
  }
}

function askHub(url: string, signal: AbortSignal): Promise<Response> {
  return fetch(url, { credentials: 'same-origin', cache: 'no-store', signal });
}
