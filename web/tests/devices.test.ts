import { expect, test } from 'vitest';
import { canShow, DevicesStore, findDevices, sendsCapturesOnly, stillOf } from '../src/state/devices.ts';
import { aDevice, ManualClock, onlineSocket } from './support.ts';

test('the list follows what the hub says', () => {
  const clock = new ManualClock();
  const { live, hub } = onlineSocket(clock);
  const store = new DevicesStore(live, clock);
  expect(store.state.value.listed).toBe(false);
  const release = store.watchList();
  hub.say({ type: 'devices', devices: [aDevice(), aDevice({ id: 'b', name: 'B' })] });
  expect([...store.state.value.byId.keys()]).toEqual(['lab-turret', 'b']);
  clock.advance(100);
  hub.say({ type: 'device', device: aDevice({ presence: 'offline' }) });
  expect(store.get('lab-turret')).toMatchObject({ at: clock.now(), device: { presence: 'offline' } });
  hub.say({ type: 'device_gone', device: 'b' });
  expect(store.get('b')).toBeUndefined();
  release();
  expect(hub.types()).toEqual(['watch_list', 'unwatch_list']);
});

test('a device that was revoked or hidden while the connection was away is dropped when it is watched again', async () => {
  const clock = new ManualClock();
  const { live, hub } = onlineSocket(clock);
  const store = new DevicesStore(live, clock);
  store.watch('lab-turret');
  store.watch('b');
  hub.say({ type: 'device', device: aDevice() });
  hub.say({ type: 'device', device: aDevice({ id: 'b' }) });
  hub.hangUp(1006);
  clock.advance(10_000);
  hub.welcome();
  const [turret, b] = hub.ofType('watch').slice(2);
  expect([turret?.['device'], b?.['device']]).toEqual(['lab-turret', 'b']);
  hub.say({ type: 'error', ref: turret?.ref, code: 'not_found', detail: 'No such device is enrolled here.' });
  hub.say({ type: 'error', ref: b?.ref, code: 'exhausted', detail: 'One connection watches at most 64 devices.' });
  await new Promise((done) => setTimeout(done));
  expect(store.get('lab-turret')).toBeUndefined();
  expect(store.get('b')).toBeDefined();
});

test('the search looks at names, ids and types, each word by itself, those online first', () => {
  const at = 0;
  const byId = new Map(
    [
      aDevice({ id: 'a', name: 'Zebra', presence: 'online' }),
      aDevice({ id: 'b', name: 'Attic', type: 'vr_camera', presence: 'offline' }),
      aDevice({ id: 'c', name: 'Door', presence: 'online' }),
    ].map((device) => [device.id, { device, at }]),
  );
  const names = (search: string): string[] => findDevices(byId, search).map(({ device }) => device.name);
  expect(names('')).toEqual(['Door', 'Zebra', 'Attic']);
  expect(names('laser')).toEqual(['Door', 'Zebra']);
  expect(names('ZEB turret')).toEqual(['Zebra']);
  expect(names('vr camera')).toEqual(['Attic']);
  expect(names('nothing')).toEqual([]);
});

test('of a device that is away only a camera that the hub reads itself can be seen', () => {
  for (const presence of ['offline', 'never'] as const) {
    expect(canShow(aDevice({ presence }), {})).toBe(false);
    expect(canShow(aDevice({ presence }), { by_url: true })).toBe(true);
  }
  expect(canShow(aDevice({ presence: 'online' }), {})).toBe(true);
});

test('a camera over the cloudtalker link sends captures only, unless the hub reads a picture of it by URL', () => {
  const yard = { name: 'yard', kind: 'mjpeg' as const, live: true, by_url: true };
  expect(sendsCapturesOnly(aDevice({ link: 'cloudtalker' }))).toBe(true);
  expect(sendsCapturesOnly(aDevice({ link: 'cloudtalker', streams: [yard] }))).toBe(false);
  expect(sendsCapturesOnly(aDevice({ link: 'robot_tcp' }))).toBe(false);
  expect(sendsCapturesOnly(aDevice())).toBe(false);
});

test('a card has stills of the first camera while somebody sees it and pictures can come', () => {
  const rear = { name: 'rear view', kind: 'mjpeg' as const, live: true };
  const sound = { name: 'sound', kind: 'sound' as const, live: true };
  const url = '/api/v1/devices/a%2Fb/streams/rear%20view.jpg';
  const device = aDevice({ id: 'a/b', streams: [sound, rear, { ...rear, name: 'other' }] });
  expect(stillOf(device, true)).toBe(url);
  expect(stillOf(device, false)).toBe('');
  expect(stillOf(aDevice({ streams: [sound] }), true)).toBe('');
  for (const presence of ['offline', 'never'] as const) {
    expect(stillOf({ ...device, presence }, true)).toBe('');
    expect(stillOf({ ...device, presence, streams: [{ ...rear, by_url: true }] }, true)).toBe(url);
  }
});
