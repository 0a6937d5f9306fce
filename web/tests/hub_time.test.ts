import { expect, test, vi } from 'vitest';
import { HubTime } from '../src/state/hub_time.ts';
import { ManualClock, onlineSocket, type ScriptedSocket } from './support.ts';

const hour_ms = 3_600_000;

function welcomeAt(hub: ScriptedSocket, at_ms: number): void {
  hub.say({ type: 'welcome', person: {}, can: {}, version: '', at_ms });
}

function measure(hub: ScriptedSocket, t_ms: number): void {
  hub.say({ type: 'telemetry', device: 'd', channel: 'climate', t_ms, value: {} });
}

test("a hub's clock that is set forwards while the page is open is noticed with the next value", () => {
  const { live, hub } = onlineSocket(new ManualClock());
  const wall = { now: 50_000 };
  const time = new HubTime(live, () => wall.now);
  welcomeAt(hub, 1_000_000);
  expect(time.shifts.value).toBe(1);
  wall.now += 100;
  // Values of before, and such as came a little quicker than the welcome, are no news of the clock.
  for (const t_ms of [5_000, 1_000_000, 1_000_900]) measure(hub, t_ms);
  expect([time.now(), time.shifts.value]).toEqual([1_000_100, 1]);
  measure(hub, 1_000_000 + 3 * hour_ms);
  expect([time.now(), time.shifts.value]).toEqual([1_000_000 + 3 * hour_ms, 2]);
  wall.now += 250;
  measure(hub, 1_000_250 + 3 * hour_ms);
  expect([time.now(), time.shifts.value]).toEqual([1_000_250 + 3 * hour_ms, 2]);
});

test("a hub's clock that is set back while the page is open is noticed with the next answer to a ping", () => {
  const { live, hub } = onlineSocket(new ManualClock());
  const wall = { now: 50_000 };
  const time = new HubTime(live, () => wall.now);
  welcomeAt(hub, 1_000_000 + 3 * hour_ms);
  wall.now += 100;
  // What the way took is no news of the clock, nor is an answer without a time.
  hub.say({ type: 'pong', at_ms: 1_000_000 + 3 * hour_ms });
  hub.say({ type: 'pong' });
  expect([time.now(), time.shifts.value]).toEqual([1_000_100 + 3 * hour_ms, 1]);
  hub.say({ type: 'pong', at_ms: 1_000_200 });
  expect([time.now(), time.shifts.value]).toEqual([1_000_200, 2]);
});

test("the clock of the page's own machine may be set meanwhile", () => {
  const { live, hub } = onlineSocket(new ManualClock());
  const time = new HubTime(live);
  welcomeAt(hub, 1_000_000);
  const day_later = Date.now() + 24 * hour_ms;
  vi.spyOn(Date, 'now').mockReturnValue(day_later);
  expect(Math.abs(time.now() - 1_000_000)).toBeLessThan(60_000);
});

test('moments are whole milliseconds, as the hub takes them', () => {
  const { live, hub } = onlineSocket(new ManualClock());
  const wall = { now: 50_000.37 };
  const time = new HubTime(live, () => wall.now);
  welcomeAt(hub, 1_000_000);
  wall.now += 0.9;
  expect(time.now()).toBe(1_000_001);
});
