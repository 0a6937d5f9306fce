import { expect, test } from 'vitest';
import { DrivingTab } from '../src/state/driving_tab.ts';
import { TurnStore } from '../src/state/turn.ts';
import { ManualClock, MemoryStorage, onlineSocket, type ScriptedSocket } from './support.ts';

interface Page {
  hub: ScriptedSocket;
  turns: TurnStore;
  tab: DrivingTab;
  visible: { now: boolean };
}

function openPage(time = new ManualClock(), storage = new MemoryStorage(), shows = true): Page {
  const { live, hub } = onlineSocket(time);
  const visible = { now: true };
  const tab = new DrivingTab(live, storage);
  if (shows) tab.show('d');
  return { hub, visible, tab, turns: new TurnStore(live, tab, () => visible.now, time) };
}

const drives = { type: 'driver', device: 'd', you: true };
const active = { type: 'you', device: 'd', state: 'active', epoch: 7, remaining_ms: 60000 };
const stamp = { type: 'stamp', device: 'd', epoch: 7, stamp: 'n.1' };

test('the tab that joined answers each stamp with a beat', async () => {
  const page = openPage();
  const joined = page.turns.join('d');
  page.hub.say({ type: 'ok', ref: page.hub.sent[0]?.ref });
  await joined;
  page.hub.say(drives);
  page.hub.say(active);
  page.hub.say(stamp);
  page.hub.say({ ...stamp, stamp: 'n.2' });
  expect(page.hub.ofType('beat')).toEqual([
    { type: 'beat', device: 'd', epoch: 7, stamp: 'n.1' },
    { type: 'beat', device: 'd', epoch: 7, stamp: 'n.2' },
  ]);
});

test('a hidden page sends no beat', () => {
  const page = openPage();
  page.hub.say(drives);
  page.hub.say(active);
  page.visible.now = false;
  page.hub.say(stamp);
  expect(page.hub.ofType('beat')).toEqual([]);
  page.visible.now = true;
  page.hub.say(stamp);
  expect(page.hub.ofType('beat')).toHaveLength(1);
});

test('a stamp of another epoch, or after the turn, is not answered', () => {
  const page = openPage();
  page.hub.say(drives);
  page.hub.say(active);
  page.hub.say({ ...stamp, epoch: 6 });
  page.hub.say({ type: 'you', device: 'd', state: 'none', reason: 'time_up' });
  page.hub.say(stamp);
  expect(page.hub.ofType('beat')).toEqual([]);
  expect(page.turns.of('d').reason).toBe('time_up');
});

test('the window that the hub lets go of falls silent, and may take over again', () => {
  const page = openPage();
  page.hub.say(drives);
  page.hub.say(active);
  page.hub.say(stamp);
  page.hub.say({ ...drives, you: false });
  page.hub.say(stamp);
  expect(page.hub.ofType('beat')).toHaveLength(1);
  expect(page.turns.drivesHere('d')).toBe(false);
  expect(page.hub.ofType('drive')).toEqual([]);

  page.turns.takeOver('d');
  expect(page.hub.ofType('drive')).toMatchObject([{ device: 'd', if_free: false }]);
  page.hub.say(drives);
  page.hub.say(stamp);
  expect(page.hub.ofType('beat')).toHaveLength(2);
});

test('a reloaded window claims what it drove', () => {
  const storage = new MemoryStorage();
  openPage(new ManualClock(), storage).hub.say(drives);
  const reloaded = openPage(new ManualClock(), storage);
  reloaded.hub.say(active);
  expect(reloaded.hub.ofType('drive')).toMatchObject([{ device: 'd', if_free: false }]);
});

test('a device page that was left and is shown again claims the turn, for the hub has forgotten who drove', () => {
  const page = openPage(new ManualClock(), new MemoryStorage(), false);
  const leave = page.tab.show('d');
  page.hub.say(drives);
  page.hub.say(active);
  leave();
  expect(page.turns.drivesHere('d')).toBe(false);
  const leaveAgain = page.tab.show('d');
  page.hub.say(active);
  expect(page.hub.ofType('drive')).toMatchObject([{ device: 'd', if_free: false }]);
  page.hub.say(drives);
  page.hub.say(stamp);
  expect(page.hub.ofType('beat')).toHaveLength(1);
  leaveAgain();
  page.hub.say(stamp);
  expect(page.hub.ofType('beat')).toHaveLength(1);
});

test('what was on its way when a device page was left neither claims the turn nor counts as driving', () => {
  const page = openPage(new ManualClock(), new MemoryStorage(), false);
  const leave = page.tab.show('d');
  page.hub.say(active);
  expect(page.hub.ofType('drive')).toHaveLength(1);
  leave();
  page.hub.say(stamp);
  expect(page.hub.ofType('drive')).toHaveLength(1);
  page.tab.show('d');
  // The answer to what was asked before; the hub has let go of this window since.
  page.hub.say(drives);
  page.hub.say(active);
  expect(page.hub.ofType('drive')).toHaveLength(2);
});

test('a device that is shown twice counts as left when nothing shows it any more', () => {
  const page = openPage(new ManualClock(), new MemoryStorage(), false);
  const leave = page.tab.show('d');
  page.tab.show('d');
  page.hub.say(drives);
  page.hub.say(active);
  leave();
  leave();
  expect(page.turns.drivesHere('d')).toBe(true);
});

test('a window that did not drive asks once, and leaves a turn that another one drives', async () => {
  const page = openPage();
  page.hub.say(active);
  page.hub.say(stamp);
  const asked = page.hub.ofType('drive');
  expect(asked).toMatchObject([{ device: 'd', if_free: true }]);
  page.hub.say({ type: 'error', ref: asked[0]?.ref, code: 'conflict', detail: 'Another window of yours drives.' });
  await Promise.resolve();
  await new Promise((done) => setTimeout(done));
  page.hub.say(stamp);
  expect(page.hub.ofType('drive')).toHaveLength(1);
  expect(page.hub.ofType('beat')).toEqual([]);
});

test('a window that shows something else of the device neither claims its turn nor keeps it alive', () => {
  const page = openPage(new ManualClock(), new MemoryStorage(), false);
  page.hub.say(active);
  page.hub.say(stamp);
  expect(page.hub.ofType('drive')).toEqual([]);
  page.hub.say(drives);
  page.hub.say(stamp);
  expect(page.hub.ofType('beat')).toEqual([]);
  page.tab.show('d');
  page.hub.say(stamp);
  expect(page.hub.ofType('drive')).toHaveLength(1);
});

test('a hidden window does not take a turn by itself', () => {
  const page = openPage();
  page.visible.now = false;
  page.hub.say(active);
  page.hub.say(stamp);
  expect(page.hub.ofType('drive')).toEqual([]);
});

test('a hidden window that comes back claims what it drove only when no other window drives', async () => {
  const storage = new MemoryStorage();
  openPage(new ManualClock(), storage).hub.say(drives);
  const page = openPage(new ManualClock(), storage);
  page.visible.now = false;
  page.hub.say(active);
  const asked = page.hub.ofType('drive');
  expect(asked).toMatchObject([{ device: 'd', if_free: true }]);
  page.hub.say({ type: 'error', ref: asked[0]?.ref, code: 'conflict', detail: 'Another window of yours drives.' });
  await new Promise((done) => setTimeout(done));
  page.visible.now = true;
  page.hub.say(stamp);
  expect(page.hub.ofType('drive')).toHaveLength(1);
  expect(page.tab.elsewhere.value.has('d')).toBe(true);
});

test('a page that comes back after its turn is over knows that it has lost it', () => {
  const time = new ManualClock();
  const page = openPage(time);
  page.hub.say(drives);
  page.hub.say(active);
  page.hub.hangUp(1006);
  time.advance(500);
  page.hub.welcome();
  // What the hub says to whoever begins to watch has no reason.
  page.hub.say({ type: 'you', device: 'd', state: 'none' });
  expect(page.turns.of('d')).toMatchObject({ state: 'none', reason: 'lost' });
  page.hub.say({ type: 'you', device: 'd', state: 'none' });
  expect(page.turns.of('d').reason).toBe('lost');
  page.hub.say({ type: 'you', device: 'd', state: 'waiting', place: 1 });
  page.hub.say({ type: 'you', device: 'd', state: 'none' });
  expect(page.turns.of('d').reason).toBe('');
});

test('a turn without an end has no countdown, and a place counts down to its estimate', () => {
  const time = new ManualClock();
  const page = openPage(time);
  page.hub.say({ ...active, remaining_ms: null });
  expect(page.turns.of('d').ends_at).toBeNull();
  page.hub.say({ type: 'you', device: 'd', state: 'waiting', place: 3, estimate_ms: 80000 });
  expect(page.turns.of('d')).toMatchObject({ place: 3, begins_at: time.now() + 80000 });
});
