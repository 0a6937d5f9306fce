import { expect, test } from 'vitest';
import type { Plugin } from '../src/protocol_people.ts';
import { deviceTypes, parseLabels, placesOf, suggestId } from '../src/state/admin_devices.ts';
import { changesOf, drafted, placeOf, untouched, withLabels, withoutLabel } from '../src/state/device_place.ts';
import { DevicesStore, findDevices } from '../src/state/devices.ts';
import { aDevice, ManualClock, onlineSocket } from './support.ts';

test('an id is made from the name, and is one that the hub takes', () => {
  const free = (): boolean => false;
  expect(suggestId('Lab turret #2', free)).toBe('lab-turret-2');
  expect(suggestId('  Große Säge — Ost ', free)).toBe('gro-e-sage-ost');
  expect(suggestId('___', free)).toBe('');
  expect(suggestId('日本', free)).toBe('');
  expect(suggestId('x'.repeat(200), free)).toMatch(/^x{60}$/);
  const taken = new Set(['arm', 'arm-2']);
  expect(suggestId('Arm', (id) => taken.has(id))).toBe('arm-3');
});

test('each type is offered once, with the plugin that it is of', () => {
  const plugin = (id: string, version: string, types: string[]): Plugin => ({
    id,
    version,
    title: id,
    vendor: '',
    types,
    folder: '',
    sha256: '',
    devices: 0,
  });
  expect(deviceTypes([plugin('b', '1.0.0', ['wheel']), plugin('a', '1.0.0', ['arm', 'wheel'])])).toEqual([
    { type: 'arm', plugin: 'a' },
    { type: 'wheel', plugin: 'a' },
  ]);
});

test('labels are parted by commas, each once', () => {
  expect(parseLabels(' arm, lab arm,,arm ,')).toEqual(['arm', 'lab arm']);
});

test('of a place only what was edited is saved, whatever others have changed meanwhile', () => {
  const before = placeOf(aDevice({ name: 'Arm', room: 'Lab', labels: ['arm', 'demo'] }));
  const named = { ...untouched, name: ' Left arm ' };
  expect(changesOf(before, drafted(before, named))).toEqual({ name: 'Left arm' });
  const meanwhile = placeOf(aDevice({ name: 'Arm', room: 'Attic', labels: ['demo'] }));
  expect(drafted(meanwhile, named)).toEqual({ name: ' Left arm ', room: 'Attic', labels: ['demo'] });
  expect(changesOf(meanwhile, drafted(meanwhile, named))).toEqual({ name: 'Left arm' });
  // A label that is added brings back none that somebody else took away.
  const labelled = withoutLabel(withLabels(untouched, ['left', 'demo']), 'demo');
  expect(changesOf(meanwhile, drafted(meanwhile, labelled))).toEqual({ labels: ['left'] });
  expect(drafted(meanwhile, withLabels(labelled, ['demo'])).labels).toEqual(['demo', 'left']);
  expect(changesOf(before, drafted(before, untouched))).toEqual({});
});

test('pickers offer what the devices have', () => {
  const list = [
    aDevice({ id: 'b', labels: ['y', 'x'], room: 'Lab' }),
    aDevice({ id: 'a', labels: ['x'], room: '' }),
    aDevice({ id: 'c' }),
  ];
  expect(placesOf(list)).toEqual({ ids: ['a', 'b', 'c'], labels: ['x', 'y'], rooms: ['Lab'] });
});

test('devices are found by label and room; what the hub no longer shows is forgotten', () => {
  const clock = new ManualClock();
  const { live, hub } = onlineSocket(clock);
  const devices = new DevicesStore(live, clock);
  hub.say({
    type: 'devices',
    devices: [aDevice({ id: 'a', labels: ['arm'], room: 'Lab' }), aDevice({ id: 'b', room: 'Lab' })],
  });
  expect(findDevices(devices.state.value.byId, 'arm lab').map(({ device }) => device.id)).toEqual(['a']);
  devices.keepOnly(new Set(['b']));
  expect([...devices.state.value.byId.keys()]).toEqual(['b']);
});
