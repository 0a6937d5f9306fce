import { expect, test } from 'vitest';
import { JitterBuffer, most_ms, most_target_ms, target_ms } from '../src/sound/jitter_buffer.ts';
import type { SoundPlayer } from '../src/sound/player.ts';
import { WavReader } from '../src/sound/wav.ts';
import { Listening, type ListeningState } from '../src/state/listening.ts';
import { listeningText } from '../src/text/sound.ts';
import { ManualClock } from './support.ts';

const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
};

function header(rate_hz = 16000): Uint8Array {
  const bytes = new Uint8Array(44);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('RIFF'));
  bytes.set(new TextEncoder().encode('WAVEfmt '), 8);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate_hz, true);
  view.setUint16(34, 16, true);
  return bytes;
}

test('a WAV is read as the network cuts it, header and samples alike', () => {
  const whole = new Uint8Array([...header(), 0x01, 0x00, 0xff, 0xff, 0x34, 0x12]);
  for (let cut = 1; cut < whole.length; cut += 1) {
    const wav = new WavReader();
    const samples = [...wav.push(whole.slice(0, cut)), ...wav.push(whole.slice(cut))];
    expect(wav.rate_hz).toBe(16000);
    expect(samples).toEqual([1, -1, 0x1234]);
  }
});

test('what is no sound that can be played is refused', () => {
  expect(() => new WavReader().push(new Uint8Array(44))).toThrow();
  expect(() => new WavReader().push(header(96000))).toThrow();
});

const chunk = (ms: number, value = 8192): Int16Array => new Int16Array(16 * ms).fill(value);
const pulled = (buffer: JitterBuffer, ms: number): Float32Array => {
  const out = new Float32Array(48 * ms);
  buffer.pull(out);
  return out;
};

test('it begins when it holds enough, and then plays at the rate of the card', () => {
  const buffer = new JitterBuffer(16000, 48000);
  buffer.push(chunk(40));
  buffer.push(chunk(40));
  expect(pulled(buffer, 10).every((sample) => sample === 0)).toBe(true);
  buffer.push(chunk(80));
  const heard = pulled(buffer, 30);
  expect(heard.every((sample) => sample === 0.25)).toBe(true);
  expect(buffer.held_ms).toBeCloseTo(130, 0);
});

test('between two samples it goes evenly from one to the other', () => {
  const buffer = new JitterBuffer(8000, 16000);
  buffer.push(Int16Array.from({ length: 1600 }, (_, i) => i * 16));
  const out = new Float32Array(100);
  buffer.pull(out);
  for (let i = 0; i < out.length; i += 1) expect(out[i]).toBeCloseTo((i * 8) / 32768, 6);
});

test('what has run dry is silent until it holds enough again', () => {
  const buffer = new JitterBuffer(16000, 16000);
  buffer.push(chunk(160));
  const out = new Float32Array(16 * 200);
  buffer.pull(out);
  expect(out[0]).toBe(0.25);
  expect(out.at(-1)).toBe(0);
  buffer.push(chunk(40));
  expect(buffer.pull(out)).toBe(false);
  buffer.push(chunk(160));
  expect(buffer.pull(out)).toBe(true);
});

test('what runs dry again and again holds more, up to a most', () => {
  const buffer = new JitterBuffer(16000, 16000);
  const out = new Float32Array(16 * 10);
  /** How much it holds when it begins to play. */
  const begins = (): number => {
    let held_ms = 0;
    do {
      buffer.push(chunk(10));
      held_ms = buffer.held_ms;
    } while (!buffer.pull(out));
    return held_ms;
  };
  const runDry = (): void => {
    while (buffer.pull(out));
  };
  const held: number[] = [];
  for (let i = 0; i < 6; i += 1) {
    held.push(Math.round(begins()));
    runDry();
  }
  expect(held).toEqual([150, 200, 250, 300, 300, 300]);
  expect(most_target_ms).toBe(300);
});

test('what comes in one go loses its oldest: nobody hears what is long over', () => {
  const buffer = new JitterBuffer(16000, 48000);
  for (let i = 0; i < 100; i += 1) buffer.push(chunk(40, i));
  expect(buffer.held_ms).toBeLessThanOrEqual(most_ms);
  expect(buffer.held_ms).toBeGreaterThanOrEqual(target_ms);
  buffer.push(chunk(5000, 16384));
  expect(buffer.held_ms).toBeCloseTo(target_ms, 0);
  expect(pulled(buffer, 10)[0]).toBe(0.5);
});

class Stage {
  readonly clock = new ManualClock();
  readonly played: number[] = [];
  readonly rates: number[] = [];
  readonly dials: ReadableStreamDefaultController<Uint8Array>[] = [];
  closed = 0;
  loud: (rms: number) => void = () => undefined;
  playable = true;
  /** What the hub says to the next that ask, before it lets one listen. */
  readonly refusals: Response[] = [];
  asked = 0;
  readonly listening = new Listening(
    (_volume, onLoudness): Promise<SoundPlayer> => {
      if (!this.playable) return Promise.reject(new Error('no sound card'));
      this.loud = onLoudness;
      return Promise.resolve({
        begin: (rate_hz) => this.rates.push(rate_hz),
        play: (samples) => this.played.push(...samples),
        setVolume: () => undefined,
        close: () => (this.closed += 1),
      });
    },
    () => {
      this.asked += 1;
      const refusal = this.refusals.shift();
      if (refusal) return Promise.resolve(refusal);
      const body = new ReadableStream<Uint8Array>({ start: (each) => void this.dials.push(each) });
      return Promise.resolve(new Response(body));
    },
    this.clock,
  );
  get state(): string {
    return this.listening.heard.value.state;
  }
  async send(...bytes: number[]): Promise<void> {
    if (bytes.length > 0) this.dials.at(-1)?.enqueue(new Uint8Array(bytes));
    await settled();
    await new Promise((resolve) => setTimeout(resolve));
  }
}

test('listening plays what comes, says when nothing does, and ends when it is switched off', async () => {
  const stage = new Stage();
  await stage.listening.start('/x.wav');
  await settled();
  expect(stage.state).toBe('connecting');
  await stage.send(...header(), 7, 0);
  expect(stage.state).toBe('live');
  expect(stage.rates).toEqual([16000]);
  expect(stage.played).toEqual([7]);
  stage.loud(0.1);
  expect(stage.listening.heard.value.level).toBeCloseTo(0.67, 2);
  stage.clock.advance(1600);
  expect(stage.state).toBe('quiet');
  expect(stage.listening.heard.value.level).toBe(0);
  await stage.send(8, 0);
  expect(stage.state).toBe('live');
  stage.listening.stop();
  expect(stage.state).toBe('off');
  expect(stage.closed).toBe(1);
  stage.loud(0.1);
  expect(stage.listening.heard.value.level).toBe(0);
});

test('it dials again when the hub goes away', async () => {
  const stage = new Stage();
  await stage.listening.start('/x.wav');
  await stage.send(...header(), 7, 0);
  stage.dials[0]?.close();
  await stage.send();
  expect(stage.state).toBe('lost');
  stage.clock.advance(1000);
  await settled();
  expect(stage.dials.length).toBe(2);
  await stage.send(...header(), 9, 0);
  expect(stage.state).toBe('live');
  expect(stage.played).toEqual([7, 9]);
  expect(stage.closed).toBe(0);
});

test('a browser that cannot play says so, and the switch is off', async () => {
  const stage = new Stage();
  stage.playable = false;
  await stage.listening.start('/x.wav');
  expect(stage.state).toBe('unplayable');
  expect(stage.listening.on).toBe(false);
});

const refusal = (status: number, detail: string): Response =>
  new Response(JSON.stringify({ code: 'any', detail }), { status });

test.each([401, 403, 404])(
  'a refusal that stays (%i) ends the listening and says why, until it is pressed again',
  async (status) => {
    const stage = new Stage();
    stage.refusals.push(refusal(status, 'Not for you.'));
    await stage.listening.start('/x.wav');
    await stage.send();
    expect(stage.listening.heard.value).toEqual({ state: 'refused', level: 0, detail: 'Not for you.' });
    expect(stage.listening.on).toBe(false);
    expect(stage.closed).toBe(1);
    stage.clock.advance(60000);
    await stage.send();
    expect(stage.asked).toBe(1);

    await stage.listening.start('/x.wav');
    await stage.send(...header(), 7, 0);
    expect(stage.listening.heard.value).toMatchObject({ state: 'live', detail: '' });
  },
);

test.each([429, 503])('a refusal that passes (%i) says why, and it dials again', async (status) => {
  const stage = new Stage();
  stage.refusals.push(refusal(status, 'Too many at once.'));
  await stage.listening.start('/x.wav');
  await stage.send();
  expect(stage.listening.heard.value).toEqual({ state: 'lost', level: 0, detail: 'Too many at once.' });
  stage.clock.advance(1000);
  await stage.send(...header(), 7, 0);
  expect(stage.asked).toBe(2);
  expect(stage.listening.heard.value).toMatchObject({ state: 'live', detail: '' });
  stage.dials[0]?.close();
  await stage.send();
  expect(stage.listening.heard.value).toEqual({ state: 'lost', level: 0, detail: '' });
});

test('switched off while the hub refuses, it stays off', async () => {
  const stage = new Stage();
  stage.refusals.push(refusal(401, 'Sign in first.'));
  await stage.listening.start('/x.wav');
  stage.listening.stop();
  await stage.send();
  expect(stage.state).toBe('off');
});

test('why nothing is heard is said as far as it is known', () => {
  const heard = { level: 0, detail: '' };
  const text = (state: ListeningState, detail = '', live = true, secure = true): string =>
    listeningText({ ...heard, state, detail }, live, secure);
  expect(text('off')).toBe('');
  expect(text('live')).toBe('');
  expect(text('quiet', '', false)).toBe('No sound: the microphone is off.');
  expect(text('quiet', '', true)).toBe('No sound comes.');
  expect(text('lost')).toBe('No sound: the hub cannot be heard. Trying again.');
  expect(text('lost', 'Too many at once.')).toBe('No sound. Too many at once. Trying again.');
  expect(text('refused', 'Sign in first.')).toBe('No sound. Sign in first.');
  expect(text('unplayable')).toBe('This browser cannot play the sound.');
  expect(text('unplayable', '', true, false)).toBe('Browsers play live sound only on pages that come over HTTPS.');
});
