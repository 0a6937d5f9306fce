import { expect, test, vi } from 'vitest';
import { Camera, sourceText } from '../../plugins/cloud_camera/panel/camera.js';

type Hear = (value: unknown) => void;

/** A page that has one camera on it. */
class Page {
  readonly device = 'gate';
  readonly heard = new Map<string, Hear>();
  readonly sent: string[] = [];
  answer: () => Promise<unknown> = () => Promise.resolve({ state: 'succeeded' });
  drawn = 0;

  subscribe(channel: string, callback: Hear): () => void {
    this.heard.set(channel, callback);
    return () => this.heard.delete(channel);
  }
  send(name: string): Promise<unknown> {
    this.sent.push(name);
    return this.answer();
  }
  tell(channel: string, value: unknown): void {
    this.heard.get(channel)?.(value);
  }
}

function follow(): { page: Page; camera: Camera; leave: () => void } {
  const page = new Page();
  const camera = new Camera(page);
  const leave = camera.follow(() => (page.drawn += 1));
  page.tell('$device', { presence: 'online' });
  return { page, camera, leave };
}

const state = { armed: false, capturing: false, segments: 0, uploading: 0 };

test('the switch shows what the device says, not what was wished', async () => {
  const { page, camera } = follow();
  expect(camera.armed).toBeNull();
  await camera.toggle();
  expect(page.sent).toEqual([]); // nobody knows yet what it would change
  page.tell('state', state);
  await camera.toggle();
  expect(page.sent).toEqual(['arm']);
  expect(camera.armed).toBe(false);
  page.tell('state', { ...state, armed: true });
  expect(camera.armed).toBe(true);
  await camera.toggle();
  expect(page.sent).toEqual(['arm', 'disarm']);
});

test('an armed camera that is away is not said to record', () => {
  const { page, camera } = follow();
  page.tell('state', state); // of an older device, which does not say
  expect(camera.watching).toBe('Not armed: nothing is recorded by itself.');
  page.tell('state', { ...state, armed: true });
  expect(camera.watching).toBe('Armed: what moves is recorded.');
  page.tell('state', { ...state, armed: true, away: true });
  expect(camera.watching).toBe('Armed, but the camera is away: nothing is recorded.');
  page.tell('state', { ...state, armed: true, away: false });
  expect(camera.watching).toBe('Armed: what moves is recorded.');
});

test('one command at a time, and a refusal is told', async () => {
  const { page, camera } = follow();
  page.tell('state', state);
  let refuse: (why: unknown) => void = () => undefined;
  page.answer = () => new Promise((_, reject) => (refuse = reject));
  const first = camera.capture();
  await camera.capture();
  expect(page.sent).toEqual(['capture']);
  refuse({ code: 'unavailable', detail: 'The camera is away; it is tried again.', pointer: undefined });
  await first;
  expect(camera.notice).toEqual({ tone: 'wrong', text: 'The camera is away; it is tried again.' });
  expect(camera.busy).toBe('');

  page.answer = () => Promise.resolve({ state: 'expired' });
  await camera.capture();
  expect(camera.notice?.text).toBe('The command ended as expired.');
});

test('an offline camera is asked for nothing', async () => {
  const { page, camera } = follow();
  page.tell('state', state);
  page.tell('$device', { presence: 'offline' });
  await camera.toggle();
  await camera.capture();
  expect(page.sent).toEqual([]);
  expect(camera.notice?.text).toBe('The camera is offline.');
});

test('progress goes from recording over sending to done', () => {
  const { page, camera } = follow();
  page.tell('state', state);
  expect(camera.progress).toBe('Nothing is being recorded.');
  page.tell('state', { ...state, capturing: true, segments: 1, uploading: 1 });
  expect(camera.progress).toBe('Recording: 1 segment so far, 1 segment on the way to the hub.');
  page.tell('state', { ...state, segments: 3, uploading: 2 });
  expect(camera.progress).toBe('Recorded; 2 segments on the way to the hub.');
  page.tell('$device', { presence: 'offline' });
  expect(camera.progress).toBe('Recorded; 2 segments on the way to the hub when it is back.');
  page.tell('$device', { presence: 'online' });
  page.tell('state', { ...state, segments: 3 });
  expect(camera.progress).toBe('Everything recorded is at the hub.');
  // An older device says nothing of what is under way.
  page.tell('state', { armed: true, capturing: true, segments: 2 });
  expect(camera.progress).toBe('Recording: 2 segments so far.');
});

test('alarms are listed once, the newest first, also of devices that tell one at a time', () => {
  const { page, camera } = follow();
  page.tell('alarms', { recent: [{ at: '1970-01-01T00:00:02.000Z', source: 'motion' }] });
  page.tell('alarm', { at_ms: 2000, source: 'motion' });
  page.tell('alarm', { at_ms: 3000, source: 'gpio 4' });
  page.tell('alarm', { at_ms: 0, source: '' });
  expect(camera.alarms.map((alarm) => alarm.at_ms)).toEqual([3000, 2000]);
  for (let at_ms = 4000; at_ms < 40000; at_ms += 1000) page.tell('alarm', { at_ms, source: 'motion' });
  expect(camera.alarms).toHaveLength(20);
  expect(sourceText('gpio 4')).toBe('Alarm at input 4');
  expect(sourceText('motion')).toBe('Something moved');
  expect(sourceText('program')).toBe('Alarm');
});

test('an alarm without a time that is one is left out, and the others are listed', () => {
  const { page, camera } = follow();
  page.tell('alarms', {
    recent: [
      { at: '', source: 'motion' },
      { at: '1970-01-01T00:00:02.000Z', source: 'motion' },
      { at: 'yesterday', source: 'gpio 4' },
    ],
  });
  page.tell('alarm', { at_ms: Number.MAX_SAFE_INTEGER, source: 'motion' });
  page.tell('alarm', { at_ms: 9000, source: 'motion' });
  expect(camera.alarms.map((alarm) => alarm.at_ms)).toEqual([9000, 2000]);
});

test('a panel that was taken off the page hears and says nothing more', () => {
  vi.useFakeTimers();
  const { page, camera, leave } = follow();
  page.tell('state', state);
  page.tell('$device', { presence: 'offline' });
  void camera.capture();
  leave();
  const drawn = page.drawn;
  vi.advanceTimersByTime(60_000);
  expect(page.drawn).toBe(drawn);
  expect(page.heard.size).toBe(0);
  vi.useRealTimers();
});
