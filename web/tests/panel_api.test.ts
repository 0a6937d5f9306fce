import { afterEach, expect, test, vi } from 'vitest';
import { Problem } from '../src/net/http.ts';
import type { LiveSocket } from '../src/net/live.ts';
import type { TypeInfo } from '../src/protocol.ts';
import { CommandsStore } from '../src/state/commands.ts';
import { DevicesStore } from '../src/state/devices.ts';
import { DrivingTab } from '../src/state/driving_tab.ts';
import { makePanelApi, type PanelApi } from '../src/state/panel_api.ts';
import { StopStore } from '../src/state/stop.ts';
import { Store } from '../src/state/store.ts';
import { TurnStore } from '../src/state/turn.ts';
import { WatchStore } from '../src/state/watch.ts';
import { aDevice, ManualClock, MemoryStorage, onlineSocket, type ScriptedSocket } from './support.ts';

afterEach(() => vi.unstubAllGlobals());

const type: TypeInfo = {
  type: 'laser_turret',
  title: 'Laser turret',
  commands: [
    { name: 'aim', title: 'Aim', turn: 'required', params: {} },
    { name: 'tune', title: 'Tune', turn: 'none', params: {} },
  ],
};

function panel(get?: (path: string) => Promise<never>): {
  api: PanelApi;
  hub: ScriptedSocket;
  tab: DrivingTab;
  live: LiveSocket;
  clock: ManualClock;
  picture: Store<{ width: number; height: number } | null>;
} {
  const clock = new ManualClock();
  const { live, hub } = onlineSocket(clock);
  const tab = new DrivingTab(live, new MemoryStorage());
  tab.show('lab-turret');
  const turns = new TurnStore(live, tab, () => true, clock);
  const picture = new Store<{ width: number; height: number } | null>(null);
  const api = makePanelApi('lab-turret', type, {
    devices: new DevicesStore(live, clock),
    turns,
    tab,
    commands: new CommandsStore(live, turns, clock, () => 'k'),
    stops: new StopStore(live, () => Promise.resolve()),
    watch: new WatchStore('lab-turret', live),
    picture,
    now: () => clock.now(),
    ...(get && { get }),
  });
  return { api, hub, tab, live, clock, picture };
}

test('a panel hears its channels: the newest value at once, then each new one, until it lets go', () => {
  const { api, hub } = panel();
  const telemetry = { type: 'telemetry', device: 'lab-turret', channel: 'pointing', t_ms: 1 };
  hub.say({ ...telemetry, value: { x_counts: 1 } });
  const heard: unknown[] = [];
  const release = api.subscribe('pointing', (value) => heard.push(value));
  hub.say({ ...telemetry, value: { x_counts: 2 } });
  hub.say({ ...telemetry, device: 'other', value: { x_counts: 3 } });
  release();
  hub.say({ ...telemetry, value: { x_counts: 4 } });
  expect(heard).toEqual([{ x_counts: 1 }, { x_counts: 2 }]);
});

test('a panel hears the device, my turn and the size of the picture', () => {
  const { api, hub, picture } = panel();
  const heard: Record<string, unknown> = {};
  for (const channel of ['$device', '$you', '$picture']) api.subscribe(channel, (value) => (heard[channel] = value));
  expect(heard).toEqual({ $you: { state: 'none', elsewhere: false, place: 0, epoch: 0, remaining_ms: null } });
  hub.say({ type: 'device', device: aDevice() });
  picture.set({ width: 640, height: 480 });
  hub.say({ type: 'driver', device: 'lab-turret', you: true });
  hub.say({ type: 'you', device: 'lab-turret', state: 'active', epoch: 5, remaining_ms: 9000 });
  expect(heard['$device']).toMatchObject({ id: 'lab-turret' });
  expect(heard['$picture']).toEqual({ width: 640, height: 480 });
  expect(heard['$you']).toMatchObject({ state: 'active', elsewhere: false, epoch: 5, remaining_ms: 9000 });
});

test('a turn that another tab drives is none for this panel', () => {
  const { api, hub } = panel();
  let you: unknown;
  api.subscribe('$you', (value) => (you = value));
  hub.say({ type: 'you', device: 'lab-turret', state: 'active', epoch: 5, remaining_ms: null });
  expect(you).toMatchObject({ state: 'none', elsewhere: false, epoch: 5 });
  hub.say({ type: 'driver', device: 'lab-turret', you: false });
  expect(you).toMatchObject({ state: 'none', elsewhere: true, epoch: 5 });
});

test('while the connection is lost nothing drives here, and no other tab is said to', () => {
  const { api, hub } = panel();
  let you: unknown;
  api.subscribe('$you', (value) => (you = value));
  hub.say({ type: 'driver', device: 'lab-turret', you: true });
  hub.say({ type: 'you', device: 'lab-turret', state: 'active', epoch: 5, remaining_ms: null });
  expect(you).toMatchObject({ state: 'active' });
  hub.hangUp(1006);
  expect(you).toMatchObject({ state: 'none', elsewhere: false, epoch: 5 });
});

test('a panel that throws costs nothing but itself: it is reported, and the page connects again', () => {
  const reported: unknown[] = [];
  vi.stubGlobal('reportError', (error: unknown) => reported.push(error));
  const { api, hub, live, clock } = panel();
  hub.say({ type: 'driver', device: 'lab-turret', you: true });
  hub.say({ type: 'you', device: 'lab-turret', state: 'active', epoch: 5, remaining_ms: null });
  api.subscribe('$you', ({ state }: { state: string }) => {
    if (state === 'none') throw new Error('a mistake of the panel');
  });
  const told: unknown[] = [];
  api.subscribe('pointing', () => {
    throw new Error('another one');
  });
  api.subscribe('pointing', (value) => told.push(value));
  hub.say({ type: 'telemetry', device: 'lab-turret', channel: 'pointing', t_ms: 1, value: 1 });
  expect(told).toEqual([1]);
  hub.hangUp(1006);
  expect(reported.length).toBe(2);
  expect(live.connection.value.kind).toBe('waiting');
  clock.advance(10_000);
  hub.welcome();
  expect(live.connection.value.kind).toBe('online');
});

test('a refused command reaches the panel as a plain object', async () => {
  const { api, hub } = panel();
  await expect(api.send('aim', {})).rejects.toEqual({
    code: 'conflict',
    detail: 'It is not your turn.',
    pointer: undefined,
  });
  const tuned = api.send('tune');
  hub.say({ type: 'error', ref: 'k', code: 'invalid_argument', detail: 'Too dark.', pointer: '/exposure_ms' });
  await expect(tuned).rejects.toEqual({ code: 'invalid_argument', detail: 'Too dark.', pointer: '/exposure_ms' });
});

test('a panel gets captures and history of its own device alone', async () => {
  const asked: string[] = [];
  const { api } = panel((path) => {
    asked.push(path);
    return Promise.resolve({ captures: [{ id: 7 }], series: [] } as never);
  });
  expect(await api.captures()).toEqual([{ id: 7 }]);
  expect(await api.history('climate', 1000, 2000)).toMatchObject({ series: [] });
  await api.history('a&device=b', 1000, 2000, 50);
  expect(asked).toEqual([
    '/api/v1/captures?device=lab-turret&limit=50',
    '/api/v1/devices/lab-turret/telemetry?channel=climate&from=1000&to=2000&points=500',
    '/api/v1/devices/lab-turret/telemetry?channel=a%26device%3Db&from=1000&to=2000&points=50',
  ]);
});

test('a refused question of a panel is a plain object too', async () => {
  const { api } = panel(() => Promise.reject(new Problem('not_found', 'There is no such channel.', '/channel')));
  const refused = { code: 'not_found', detail: 'There is no such channel.', pointer: '/channel' };
  await expect(api.history('none', 1, 2)).rejects.toEqual(refused);
  await expect(api.captures()).rejects.toEqual(refused);
});

test('halt presses STOP', () => {
  const { api, hub } = panel();
  api.halt();
  expect(hub.ofType('stop')).toMatchObject([{ device: 'lab-turret' }]);
});

test('what a panel is given cannot be used to change the page', () => {
  const { api, hub } = panel();
  expect(Object.isFrozen(api)).toBe(true);
  hub.say({ type: 'device', device: aDevice() });
  let first: { name: string } | undefined;
  api.subscribe('$device', (device: { name: string }) => {
    device.name = 'changed';
    first ??= device;
  });
  let second: { name: string } | undefined;
  api.subscribe('$device', (device: { name: string }) => (second = device));
  expect(first?.name).toBe('changed');
  expect(second?.name).toBe('Lab turret');
});
