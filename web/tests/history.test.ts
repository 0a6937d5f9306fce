import { expect, test } from 'vitest';
import { Problem } from '../src/net/http.ts';
import type { History, HistoryPoint } from '../src/protocol_media.ts';
import { askHistory, filePath } from '../src/state/ask_history.ts';
import { HistoryStore } from '../src/state/history.ts';
import { HubTime } from '../src/state/hub_time.ts';
import { ManualClock, onlineSocket } from './support.ts';

const minute = 60_000;

interface Asked {
  from: number;
  to: number;
  answer: (points: HistoryPoint[], step_ms?: number) => Promise<void>;
  refuse: (problem: Problem) => Promise<void>;
}

/** A history at `wall`, whose questions the test answers. */
function history(): { store: HistoryStore; asked: Asked[]; clock: ManualClock; wall: { now: number } } {
  const clock = new ManualClock();
  const wall = { now: 1_000 * minute };
  const asked: Asked[] = [];
  const store = new HistoryStore(
    (from, to) =>
      new Promise<History>((resolve, reject) => {
        const settle = async (act: () => void): Promise<void> => {
          act();
          await new Promise((go) => setTimeout(go, 0));
        };
        asked.push({
          from,
          to,
          answer: (points, step_ms = 0) =>
            settle(() =>
              resolve({
                device: 'rover',
                from_ms: from,
                to_ms: to,
                step_ms,
                series: [{ channel: 'climate', field: '/t', title: 't', unit: 'Cel', points }],
              }),
            ),
          refuse: (problem) => settle(() => reject(problem)),
        });
      }),
    () => wall.now,
    clock,
  );
  return { store, asked, clock, wall };
}

const points = (store: HistoryStore): HistoryPoint[] => store.state.value.series.get('climate /t')?.points ?? [];
const one = (t: number, value: number): HistoryPoint => [t, 1, value, value, value];

test('live values go on where the answer ends, also those that came while it was under way', async () => {
  const { store, asked, wall } = history();
  void store.load();
  store.measured('climate', wall.now - 500, { t: 4 });
  store.measured('climate', wall.now + 500, { t: 6 });
  await asked[0]?.answer([one(wall.now - 1000, 3), one(wall.now - 500, 4)]);
  store.measured('climate', wall.now + 900, { t: 7 });
  expect(points(store).map(([, , , , mean]) => mean)).toEqual([3, 4, 6, 7]);
});

test("what comes after the hub's clock was set back is drawn, though it is earlier than what came before", async () => {
  const { store, asked, wall } = history();
  void store.load();
  await asked[0]?.answer([one(wall.now - 1000, 3)]);
  store.measured('climate', wall.now + 10, { t: 4 });
  wall.now -= 60 * minute;
  store.timeShifted();
  store.measured('climate', wall.now + 20, { t: 5 });
  expect(asked[1]?.to).toBe(wall.now);
  await asked[1]?.answer([one(wall.now - 500, 2)]);
  store.measured('climate', wall.now + 900, { t: 6 });
  expect(points(store).map(([, , , , mean]) => mean)).toEqual([2, 5, 6]);
});

test('a field that was never measured before begins with its first live value', async () => {
  const { store, asked, wall } = history();
  void store.load();
  await asked[0]?.answer([]);
  store.measured('climate', wall.now + 10, { other: 1 });
  expect(store.state.value.series.get('climate /other')?.points).toEqual([one(wall.now + 10, 1)]);
});

test('figures of a unit that the device no longer measures in are not drawn among those of the new one', async () => {
  const clock = new ManualClock();
  const named = { channel: 'climate', field: '/t', title: 't' };
  const answer: History = {
    device: 'rover',
    from_ms: 0,
    to_ms: 3 * minute,
    step_ms: 0,
    series: [
      { ...named, unit: 'Cel', points: [one(2 * minute, 21)] },
      { ...named, unit: 'F', points: [one(minute, 70)] },
      { channel: 'climate', field: '/other', title: 'other', unit: 'Pa', points: [one(minute, 5)] },
    ],
  };
  const units = new Map([['climate /t', 'Cel']]);
  const store = new HistoryStore(
    () => Promise.resolve(answer),
    () => 3 * minute,
    clock,
    units,
  );
  await store.load();
  expect(points(store)).toEqual([one(2 * minute, 21)]);
  expect(store.state.value.series.get('climate /other')?.points).toEqual([one(minute, 5)]);
  store.close();
});

test('of two answers the one asked for last counts', async () => {
  const { store, asked, wall } = history();
  void store.load();
  store.show(60 * minute);
  await asked[1]?.answer([one(wall.now - 1, 2)]);
  await asked[0]?.answer([one(wall.now - 1, 1)]);
  expect(points(store)).toEqual([one(wall.now - 1, 2)]);
  expect([asked[1]?.from, asked[1]?.to]).toEqual([wall.now - 60 * minute, wall.now]);
});

test('a part that was looked at closely stands still, and takes no live values', async () => {
  const { store, asked, clock, wall } = history();
  void store.load();
  await asked[0]?.answer([]);
  store.zoom(wall.now - 5 * minute, wall.now - 4 * minute);
  clock.advance(200);
  await asked[1]?.answer([one(wall.now - 4.5 * minute, 1)]);
  wall.now += minute;
  store.measured('climate', wall.now, { t: 9 });
  expect(points(store)).toHaveLength(1);
  expect(store.window()).toEqual({ from_ms: 995 * minute, to_ms: 996 * minute });
  clock.advance(10 * minute);
  expect(asked).toHaveLength(2);
});

test('panning back to now goes along with the time again', async () => {
  const { store, asked, clock, wall } = history();
  void store.load();
  await asked[0]?.answer([]);
  store.pan(-0.5);
  expect(store.live).toBe(false);
  expect(store.window().to_ms).toBe(wall.now - 5 * minute);
  store.pan(0.5);
  expect(store.live).toBe(true);
  clock.advance(200);
  expect(asked).toHaveLength(2);
});

test('nobody looks into the future, nor at less than two seconds', () => {
  const { store, wall } = history();
  store.zoom(wall.now - 100, wall.now + 10 * minute);
  expect(store.window().to_ms).toBe(wall.now);
  store.zoom(wall.now - 100, wall.now);
  expect(store.window()).toEqual({ from_ms: wall.now - 2000, to_ms: wall.now });
});

test('a refusal keeps what was there, says why and is asked again', async () => {
  const { store, asked, clock, wall } = history();
  void store.load();
  await asked[0]?.answer([one(wall.now - 1, 1)]);
  store.show(60 * minute);
  await asked[1]?.refuse(new Problem('unavailable', 'The disk is full.'));
  expect(store.state.value.problem?.detail).toBe('The disk is full.');
  expect(points(store)).toHaveLength(1);
  clock.advance(10_000);
  await asked[2]?.answer([]);
  expect(store.state.value.problem).toBeNull();
});

test('while the history does not come, live values neither ask for it nor pile up', async () => {
  const { store, asked, clock, wall } = history();
  void store.load();
  await asked[0]?.answer([one(wall.now, 0)]);
  for (let i = 1; i < 4000; i += 1) store.measured('climate', wall.now + i, { t: i });
  expect(asked).toHaveLength(1);
  store.measured('climate', wall.now + 4000, { t: 4000 });
  expect(asked).toHaveLength(2);
  store.measured('climate', wall.now + 4001, { t: 4001 });
  await asked[1]?.refuse(new Problem('unavailable', 'The disk is asleep.'));
  for (let i = 4002; i < 6000; i += 1) store.measured('climate', wall.now + i, { t: i });
  expect(asked).toHaveLength(2);
  expect(points(store)).toHaveLength(4000);
  expect(points(store).at(-1)).toEqual(one(wall.now + 5999, 5999));
  clock.advance(10_000);
  expect(asked).toHaveLength(3);
});

test('what goes along with the time is asked for again now and then, until it is closed', async () => {
  const { store, asked, clock } = history();
  void store.load();
  await asked[0]?.answer([]);
  clock.advance(30_000);
  await asked[1]?.answer([]);
  store.close();
  clock.advance(minute);
  expect(asked).toHaveLength(2);
});

test('addresses name the channel, the part of time and the number of points', async () => {
  let asked = '';
  const get = <T>(path: string): Promise<T> => {
    asked = path;
    return Promise.resolve({} as T);
  };
  await askHistory('a b', 'climate', get)(1.4, 2.6, 10);
  expect(asked).toBe('/api/v1/devices/a%20b/telemetry?channel=climate&from=1&to=3&points=10');
  expect(filePath('rover', 'climate', 1.4, 2.6, 'csv')).toBe(
    '/api/v1/devices/rover/telemetry.csv?channel=climate&from=1&to=3',
  );
});

test("the hub's wall clock is what counts, not this machine's", () => {
  const { live, hub } = onlineSocket(new ManualClock());
  const time = new HubTime(live, () => 5_000);
  expect(time.now()).toBe(5_000);
  hub.say({ type: 'welcome', person: {}, can: {}, version: '', at_ms: 65_000 });
  expect(time.now()).toBe(65_000);
  // Who shows times draws them anew then; a welcome that came a little later than the last is no such case.
  expect(time.shifts.value).toBe(1);
  hub.say({ type: 'welcome', person: {}, can: {}, version: '', at_ms: 65_400 });
  expect([time.now(), time.shifts.value]).toEqual([65_400, 1]);
});
