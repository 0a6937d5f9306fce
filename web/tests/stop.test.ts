import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Problem } from '../src/net/http.ts';
import { describeStop, describeStopAll, mayReset, StopStore } from '../src/state/stop.ts';
import type { CommandInfo, Device, Stop } from '../src/protocol.ts';
import { aDevice, ManualClock, onlineSocket } from './support.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const away = new Problem('unreachable', 'The hub does not answer.');
const soon = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

/** Requests that nobody answers, each by its signal. */
function hanging(): { post: (path: string, signal: AbortSignal) => Promise<never>; signals: AbortSignal[] } {
  const signals: AbortSignal[] = [];
  const post = (_path: string, signal: AbortSignal): Promise<never> => {
    signals.push(signal);
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(away));
    });
  };
  return { post, signals };
}

test('a stop goes over the socket, and not twice when it is answered', async () => {
  const { live, hub } = onlineSocket(new ManualClock());
  const posts: string[] = [];
  const stops = new StopStore(live, (path) => Promise.resolve(posts.push(path)));
  stops.press('d');
  hub.say({ type: 'ok', ref: hub.ofType('stop')[0]?.ref });
  await vi.advanceTimersByTimeAsync(30000);
  expect(posts).toEqual([]);
  expect(hub.ofType('stop')).toHaveLength(1);
  expect(stops.presses.value.get('d')).toEqual({ phase: 'heard' });
});

test('a stop that the socket does not answer in time is posted too', async () => {
  const { live } = onlineSocket(new ManualClock());
  const posts: string[] = [];
  const stops = new StopStore(live, (path) => Promise.resolve(posts.push(path)));
  stops.press('a b');
  await vi.advanceTimersByTimeAsync(30000);
  expect(posts).toEqual(['/api/v1/devices/a%20b/stop']);
  expect(stops.presses.value.get('a b')).toEqual({ phase: 'heard' });
});

test('a stop that reaches nobody says so, and is sent again as soon as the hub is back', async () => {
  const clock = new ManualClock();
  const { live, hub } = onlineSocket(clock);
  const stops = new StopStore(live, () => Promise.reject(away));
  hub.hangUp(1006);
  stops.press('d');
  await soon();
  const press = stops.presses.value.get('d');
  expect(press).toMatchObject({ phase: 'unheard' });
  expect(describeStop(aDevice(), { state: 'none' }, press)).toMatchObject({
    tone: 'danger',
    title: 'Stop did NOT reach the hub',
  });
  clock.advance(500);
  hub.welcome();
  expect(hub.ofType('stop')).toMatchObject([{ device: 'd' }]);
});

test('a stop whose request hangs goes over the connection that comes meanwhile, and stays heard', async () => {
  const { live, hub } = onlineSocket(new ManualClock());
  const stops = new StopStore(live, hanging().post);
  hub.hangUp(1006);
  stops.press('d');
  await vi.advanceTimersByTimeAsync(1000);
  // No time of the back-off has passed: a stop does not wait for it.
  hub.welcome();
  expect(hub.ofType('stop')).toMatchObject([{ device: 'd' }]);
  hub.say({ type: 'ok', ref: hub.ofType('stop')[0]?.ref });
  await soon();
  expect(stops.presses.value.get('d')).toEqual({ phase: 'heard' });
  await vi.advanceTimersByTimeAsync(30000);
  expect(stops.presses.value.get('d')).toEqual({ phase: 'heard' });
  expect(hub.ofType('stop')).toHaveLength(1);
});

test('a stop that went into a dead connection goes over the one that takes its place', async () => {
  const clock = new ManualClock();
  const { live, hub } = onlineSocket(clock);
  const stops = new StopStore(live, hanging().post);
  stops.press('d');
  await vi.advanceTimersByTimeAsync(700);
  // Nothing at all is heard.
  clock.advance(3000);
  expect(live.connection.value.kind).toBe('waiting');
  clock.advance(500);
  hub.welcome();
  expect(hub.ofType('stop')).toMatchObject([{ device: 'd' }, { device: 'd' }]);
});

test('a stop that nothing answers is asked for again until something does', async () => {
  const { live } = onlineSocket(new ManualClock());
  let posts = 0;
  const stops = new StopStore(live, () => (++posts < 3 ? Promise.reject(away) : Promise.resolve()));
  stops.pressAll();
  await vi.advanceTimersByTimeAsync(700);
  expect(posts).toBe(1);
  expect(stops.presses.value.get('*')).toEqual({ phase: 'unheard', detail: away.detail });
  await vi.advanceTimersByTimeAsync(2000);
  expect(posts).toBe(2);
  await vi.advanceTimersByTimeAsync(2000);
  expect(stops.presses.value.get('*')).toEqual({ phase: 'heard' });
  await vi.advanceTimersByTimeAsync(30000);
  expect(posts).toBe(3);
});

test('requests that hang leave room for others, are given up, and the person is told before that', async () => {
  const { live } = onlineSocket(new ManualClock());
  const { post, signals } = hanging();
  const stops = new StopStore(live, post);
  stops.press('d');
  await vi.advanceTimersByTimeAsync(3999);
  expect(stops.presses.value.get('d')).toEqual({ phase: 'pressing' });
  await vi.advanceTimersByTimeAsync(1);
  expect(stops.presses.value.get('d')).toMatchObject({ phase: 'unheard' });
  await vi.advanceTimersByTimeAsync(16000);
  expect(signals.length).toBeGreaterThan(6);
  expect(signals.filter(({ aborted }) => !aborted).length).toBeLessThanOrEqual(3);
});

test('once a stop is heard, no request of it is left that could stop the device anew', async () => {
  const { live, hub } = onlineSocket(new ManualClock());
  const { post, signals } = hanging();
  const stops = new StopStore(live, post);
  stops.press('d');
  await vi.advanceTimersByTimeAsync(3000);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
  hub.say({ type: 'ok', ref: hub.ofType('stop')[0]?.ref });
  await soon();
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
});

test('a stop that the hub refuses is not asked for again before there is another connection', async () => {
  const clock = new ManualClock();
  const { live, hub } = onlineSocket(clock);
  let posts = 0;
  const stops = new StopStore(live, () => {
    posts += 1;
    return Promise.reject(new Problem('unauthenticated', 'Nobody is signed in.', undefined, 401));
  });
  stops.press('d');
  await vi.advanceTimersByTimeAsync(30000);
  expect(posts).toBe(1);
  expect(stops.presses.value.get('d')).toEqual({ phase: 'unheard', detail: 'Nobody is signed in.' });
  hub.hangUp(1006);
  clock.advance(500);
  hub.welcome();
  expect(hub.ofType('stop')).toHaveLength(2);
});

test('each press is sent, only the newest is answered, and many do not keep requests from going', async () => {
  const { live, hub } = onlineSocket(new ManualClock());
  const { post, signals } = hanging();
  const stops = new StopStore(live, post);
  for (let i = 0; i < 45; i += 1) {
    stops.press('d');
    await vi.advanceTimersByTimeAsync(100);
  }
  const sent = hub.ofType('stop');
  expect(sent).toHaveLength(45);
  expect(signals).toHaveLength(2);
  expect(stops.presses.value.get('d')).toMatchObject({ phase: 'unheard' });
  hub.say({ type: 'ok', ref: sent[43]?.ref });
  await soon();
  expect(stops.presses.value.get('d')).toMatchObject({ phase: 'unheard' });
  hub.say({ type: 'ok', ref: sent[44]?.ref });
  await soon();
  expect(stops.presses.value.get('d')).toEqual({ phase: 'heard' });
});

test('a stop that is pressed while a reset is on its way is not taken back by it', async () => {
  const { live, hub } = onlineSocket(new ManualClock());
  const posts: string[] = [];
  const stops = new StopStore(live, (path) => Promise.resolve(posts.push(path)));
  stops.press('d');
  hub.say({ type: 'ok', ref: hub.ofType('stop')[0]?.ref });
  await soon();
  const reset = stops.reset('d');
  stops.press('d');
  hub.say({ type: 'ok', ref: hub.ofType('reset')[0]?.ref });
  await reset;
  expect(stops.presses.value.get('d')).toEqual({ phase: 'pressing' });
  await vi.advanceTimersByTimeAsync(700);
  expect(posts).toHaveLength(1);
});

test('a stop that the socket answers late is heard, whatever becomes of its request, and not sent again', async () => {
  const clock = new ManualClock();
  const { live, hub } = onlineSocket(clock);
  const stops = new StopStore(live, () => new Promise((_, reject) => setTimeout(() => reject(away), 2000)));
  stops.press('d');
  await vi.advanceTimersByTimeAsync(1000);
  hub.say({ type: 'ok', ref: hub.ofType('stop')[0]?.ref });
  await soon();
  expect(stops.presses.value.get('d')).toEqual({ phase: 'heard' });
  await vi.advanceTimersByTimeAsync(2000);
  expect(stops.presses.value.get('d')).toEqual({ phase: 'heard' });
  hub.hangUp(1006);
  clock.advance(500);
  hub.welcome();
  expect(hub.ofType('stop')).toHaveLength(1);
});

test('a stop whose request fails is heard as soon as the socket answers after all', async () => {
  const { live, hub } = onlineSocket(new ManualClock());
  const stops = new StopStore(live, () => Promise.reject(away));
  stops.press('d');
  await vi.advanceTimersByTimeAsync(700);
  expect(stops.presses.value.get('d')).toMatchObject({ phase: 'unheard' });
  hub.say({ type: 'ok', ref: hub.ofType('stop')[0]?.ref });
  await soon();
  expect(stops.presses.value.get('d')).toEqual({ phase: 'heard' });
});

test('a stop that did not get through is forgotten when its presser leaves', async () => {
  const clock = new ManualClock();
  const { live, hub } = onlineSocket(clock);
  let posts = 0;
  const stops = new StopStore(live, () => {
    posts += 1;
    return Promise.reject(away);
  });
  hub.hangUp(1006);
  stops.press('d');
  await soon();
  stops.clear();
  clock.advance(500);
  hub.welcome();
  await vi.advanceTimersByTimeAsync(30000);
  expect(hub.ofType('stop')).toEqual([]);
  expect(posts).toBe(1);
  expect(stops.presses.value.size).toBe(0);
});

test('everything is stopped by one message', async () => {
  const { live, hub } = onlineSocket(new ManualClock());
  const stops = new StopStore(live, () => Promise.resolve());
  stops.pressAll();
  hub.say({ type: 'ok', ref: hub.ofType('stop_all')[0]?.ref });
  await soon();
  expect(stops.presses.value.get('*')).toEqual({ phase: 'heard' });
});

test('only what the device has confirmed is called stopped', () => {
  const device = aDevice();
  expect(describeStop(device, { state: 'none' }).tone).toBe('idle');
  expect(describeStop(device, { state: 'none' }, { phase: 'heard' }).tone).toBe('idle');
  expect(describeStop(device, { state: 'sent', by: 'Ada' })).toMatchObject({ tone: 'busy', title: 'Stopping…' });
  expect(describeStop(device, { state: 'confirmed' }, undefined, true).tone).toBe('busy');
  expect(describeStop(device, { state: 'confirmed' }, { phase: 'pressing' }).tone).toBe('busy');
  expect(describeStop(device, { state: 'confirmed', by: 'Ada' })).toMatchObject({
    tone: 'safe',
    title: 'Stopped',
    detail: 'Confirmed by the device. Pressed by Ada.',
  });
  const failed = describeStop(device, { state: 'unconfirmed', message: 'The driver hangs' });
  expect(failed).toMatchObject({ tone: 'danger', title: 'Stop NOT confirmed' });
  expect(failed.detail).toContain('The driver hangs. Make it safe by hand.');
});

test('a device without a fence never promises a confirmation', () => {
  expect(describeStop(aDevice({ fenced: false }), { state: 'sent' }).detail).toContain('cannot confirm');
});

test('a stop is ended by who administers; without hazards by who drives, or who may play where nobody can', () => {
  const command = (turn: CommandInfo['turn']): CommandInfo => ({ name: 'c', title: '', turn, params: {} });
  const turnless = { commands: [command('none')] };
  const driven = { commands: [command('none'), command('required')] };
  const hazardous = aDevice({ stop: { state: 'confirmed' } });
  const harmless = { ...hazardous, hazards: [] };
  const player = { play: true, administer: false };
  const onlooker = { play: false, administer: false };
  expect(mayReset(hazardous, { play: true, administer: true }, false, null)).toBe(true);
  expect(mayReset(hazardous, player, true, turnless)).toBe(false);
  expect(mayReset(harmless, player, true, driven)).toBe(true);
  expect(mayReset(harmless, player, false, driven)).toBe(false);
  expect(mayReset(harmless, player, false, turnless)).toBe(true);
  expect(mayReset(harmless, player, false, {})).toBe(true);
  expect(mayReset(harmless, player, false, null)).toBe(false);
  expect(mayReset(harmless, onlooker, false, turnless)).toBe(false);
  expect(mayReset({ ...harmless, stop: { state: 'none' } }, player, true, turnless)).toBe(false);
});

test('a stop of everything counts what is confirmed, and nothing before the hub has said which devices there are', () => {
  const stopped = (state: Stop['state']): Device => aDevice({ stop: { state } });
  const text = (...states: Stop['state'][]): string =>
    describeStopAll(true, states.map(stopped), { phase: 'heard' }).text;
  expect(text('confirmed', 'confirmed')).toBe('All 2 confirmed.');
  expect(text('confirmed', 'sent')).toBe('Stopping all devices…');
  expect(text('confirmed', 'unconfirmed')).toBe('1 of 2 confirmed; 1 NOT confirmed.');
  expect(text()).toBe('There is no device to stop.');
  expect(describeStopAll(true, [stopped('unconfirmed')], { phase: 'heard' }).tone).toBe('danger');
  expect(describeStopAll(false, [], { phase: 'heard' }).text).toBe('Stopping all devices…');
  expect(describeStopAll(false, [stopped('confirmed')], { phase: 'heard' }).text).toBe('Stopping all devices…');
  expect(describeStopAll(true, [stopped('confirmed')], { phase: 'pressing' }).text).toBe('Stopping all devices…');
  expect(describeStopAll(true, [], { phase: 'unheard', detail: 'The hub is away.' })).toEqual({
    tone: 'danger',
    text: 'The stop did NOT reach the hub. The hub is away.',
  });
});
