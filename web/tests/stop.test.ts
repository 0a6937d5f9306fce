import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Problem } from '../src/net/http.ts';
import { describeStop, describeStopAll, StopStore } from '../src/state/stop.ts';
import type { Device, Stop } from '../src/protocol.ts';
import { aDevice, ManualClock, onlineSocket } from './support.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a stop goes over the socket, and not twice when it is answered', async () => {
  const { live, hub } = onlineSocket(new ManualClock());
  const posts: string[] = [];
  const stops = new StopStore(live, (path) => Promise.resolve(posts.push(path)));
  const pressed = stops.press('d');
  hub.say({ type: 'ok', ref: hub.ofType('stop')[0]?.ref });
  await pressed;
  expect(posts).toEqual([]);
  expect(stops.presses.value.get('d')).toEqual({ phase: 'heard' });
});

test('a stop that the socket does not answer in time is posted too', async () => {
  const { live } = onlineSocket(new ManualClock());
  const posts: string[] = [];
  const stops = new StopStore(live, (path) => Promise.resolve(posts.push(path)));
  const pressed = stops.press('a b');
  await vi.advanceTimersByTimeAsync(700);
  await pressed;
  expect(posts).toEqual(['/api/v1/devices/a%20b/stop']);
});

test('a stop that reaches nobody says so, and is sent again as soon as the hub is back', async () => {
  const clock = new ManualClock();
  const { live, hub } = onlineSocket(clock);
  const stops = new StopStore(live, () => Promise.reject(new Problem('unreachable', 'The hub does not answer.')));
  hub.hangUp(1006);
  await stops.press('d');
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

test('a stop that the socket answers late is heard, whatever becomes of its request, and not sent again', async () => {
  const clock = new ManualClock();
  const { live, hub } = onlineSocket(clock);
  const away = new Problem('unreachable', 'The hub does not answer.');
  const stops = new StopStore(live, () => new Promise((_, reject) => setTimeout(() => reject(away), 2000)));
  const pressed = stops.press('d');
  await vi.advanceTimersByTimeAsync(1000);
  hub.say({ type: 'ok', ref: hub.ofType('stop')[0]?.ref });
  await vi.advanceTimersByTimeAsync(0);
  expect(stops.presses.value.get('d')).toEqual({ phase: 'heard' });
  await vi.advanceTimersByTimeAsync(2000);
  await pressed;
  expect(stops.presses.value.get('d')).toEqual({ phase: 'heard' });
  hub.hangUp(1006);
  clock.advance(500);
  hub.welcome();
  expect(hub.ofType('stop')).toHaveLength(1);
});

test('a stop whose request fails is heard as soon as the socket answers after all', async () => {
  const { live, hub } = onlineSocket(new ManualClock());
  const stops = new StopStore(live, () => Promise.reject(new Problem('unreachable', 'The hub does not answer.')));
  const pressed = stops.press('d');
  await vi.advanceTimersByTimeAsync(700);
  await pressed;
  expect(stops.presses.value.get('d')).toMatchObject({ phase: 'unheard' });
  hub.say({ type: 'ok', ref: hub.ofType('stop')[0]?.ref });
  await vi.advanceTimersByTimeAsync(0);
  expect(stops.presses.value.get('d')).toEqual({ phase: 'heard' });
});

test('a stop that did not get through is forgotten when its presser leaves', async () => {
  const clock = new ManualClock();
  const { live, hub } = onlineSocket(clock);
  const stops = new StopStore(live, () => Promise.reject(new Problem('unreachable', 'The hub does not answer.')));
  hub.hangUp(1006);
  await stops.press('d');
  stops.clear();
  clock.advance(500);
  hub.welcome();
  expect(hub.ofType('stop')).toEqual([]);
});

test('everything is stopped by one message', async () => {
  const { live, hub } = onlineSocket(new ManualClock());
  const stops = new StopStore(live, () => Promise.resolve());
  const pressed = stops.pressAll();
  hub.say({ type: 'ok', ref: hub.ofType('stop_all')[0]?.ref });
  await pressed;
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
