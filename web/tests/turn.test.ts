import { expect, test } from 'vitest';
import { DrivingTab } from '../src/state/driving_tab.ts';
import { TurnStore } from '../src/state/turn.ts';
import { ManualClock, MemoryStorage, onlineSocket, type ScriptedSocket, Tabs } from './support.ts';

interface Tab {
  hub: ScriptedSocket;
  tab: DrivingTab;
  turns: TurnStore;
  visible: { now: boolean };
}

const clock = (): ManualClock => new ManualClock();

function openTab(tabs: Tabs, time: ManualClock, name: string, storage = new MemoryStorage()): Tab {
  const { live, hub } = onlineSocket(time);
  const visible = { now: true };
  const tab = new DrivingTab(tabs.channel(), name, storage, time);
  return { hub, tab, visible, turns: new TurnStore(live, tab, () => visible.now, time) };
}

const active = { type: 'you', device: 'd', state: 'active', epoch: 7, remaining_ms: 60000 };
const stamp = { type: 'stamp', device: 'd', epoch: 7, stamp: 'n.1' };

test('the tab that joined answers each stamp with a beat', async () => {
  const page = openTab(new Tabs(), clock(), 'a');
  const joined = page.turns.join('d');
  page.hub.say({ type: 'ok', ref: page.hub.sent[0]?.ref });
  await joined;
  page.hub.say(active);
  page.hub.say(stamp);
  page.hub.say({ ...stamp, stamp: 'n.2' });
  expect(page.hub.ofType('beat')).toEqual([
    { type: 'beat', device: 'd', epoch: 7, stamp: 'n.1' },
    { type: 'beat', device: 'd', epoch: 7, stamp: 'n.2' },
  ]);
});

test('a hidden page sends no beat', () => {
  const page = openTab(new Tabs(), clock(), 'a');
  page.tab.claim('d');
  page.hub.say(active);
  page.visible.now = false;
  page.hub.say(stamp);
  expect(page.hub.ofType('beat')).toEqual([]);
  page.visible.now = true;
  page.hub.say(stamp);
  expect(page.hub.ofType('beat')).toHaveLength(1);
});

test('a stamp of another epoch, or after the turn, is not answered', () => {
  const page = openTab(new Tabs(), clock(), 'a');
  page.tab.claim('d');
  page.hub.say(active);
  page.hub.say({ ...stamp, epoch: 6 });
  page.hub.say({ type: 'you', device: 'd', state: 'none', reason: 'time_up' });
  page.hub.say(stamp);
  expect(page.hub.ofType('beat')).toEqual([]);
  expect(page.turns.of('d').reason).toBe('time_up');
});

test('of two tabs of one person only the one that drives answers, and the other may take over', () => {
  const tabs = new Tabs();
  const time = clock();
  const first = openTab(tabs, time, 'a');
  const second = openTab(tabs, time, 'b');
  first.tab.claim('d');
  for (const page of [first, second]) page.hub.say(active);
  for (const page of [first, second]) page.hub.say(stamp);
  time.advance(1000);
  expect(first.hub.ofType('beat')).toHaveLength(1);
  expect(second.hub.ofType('beat')).toHaveLength(0);
  expect(second.turns.drivesHere('d')).toBe(false);

  second.turns.takeOver('d');
  for (const page of [first, second]) page.hub.say(stamp);
  expect(first.hub.ofType('beat')).toHaveLength(1);
  expect(second.hub.ofType('beat')).toHaveLength(1);
  expect(first.turns.drivesHere('d')).toBe(false);
});

test('a reloaded tab goes on driving at once', () => {
  const tabs = new Tabs();
  const time = clock();
  const storage = new MemoryStorage();
  openTab(tabs, time, 'a', storage).tab.claim('d');
  const reloaded = openTab(tabs, time, 'a2', storage);
  reloaded.hub.say(active);
  reloaded.hub.say(stamp);
  expect(reloaded.hub.ofType('beat')).toHaveLength(1);
});

test('a tab takes a turn that no living tab drives', () => {
  const time = clock();
  const page = openTab(new Tabs(), time, 'a');
  page.hub.say(active);
  page.hub.say(stamp);
  expect(page.turns.drivesHere('d')).toBe(false);
  time.advance(400);
  expect(page.turns.drivesHere('d')).toBe(true);
  page.hub.say(stamp);
  expect(page.hub.ofType('beat')).toHaveLength(1);
});

test('a hidden tab does not take a turn by itself', () => {
  const time = clock();
  const page = openTab(new Tabs(), time, 'a');
  page.visible.now = false;
  page.hub.say(active);
  time.advance(1000);
  expect(page.turns.drivesHere('d')).toBe(false);
});

test('a duplicated tab takes over from its twin, so that never two answer', () => {
  const tabs = new Tabs();
  const time = clock();
  const storage = new MemoryStorage();
  const original = openTab(tabs, time, 'a', storage);
  original.tab.claim('d');
  const twin = openTab(tabs, time, 'b', storage);
  for (const page of [original, twin]) page.hub.say(active);
  for (const page of [original, twin]) page.hub.say(stamp);
  expect([original, twin].map((page) => page.hub.ofType('beat').length)).toEqual([0, 1]);
});

test('a turn without an end has no countdown, and a place counts down to its estimate', () => {
  const time = clock();
  const page = openTab(new Tabs(), time, 'a');
  page.hub.say({ ...active, remaining_ms: null });
  expect(page.turns.of('d').ends_at).toBeNull();
  page.hub.say({ type: 'you', device: 'd', state: 'waiting', place: 3, estimate_ms: 80000 });
  expect(page.turns.of('d')).toMatchObject({ place: 3, begins_at: time.now() + 80000 });
});
