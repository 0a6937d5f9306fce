import { webcrypto } from 'node:crypto';
import { expect, test } from 'vitest';
import { CommandsStore } from '../src/state/commands.ts';
import { DrivingTab } from '../src/state/driving_tab.ts';
import { TurnStore } from '../src/state/turn.ts';
import { uuid } from '../src/state/uuid.ts';
import { ManualClock, MemoryStorage, onlineSocket, type ScriptedSocket } from './support.ts';

function driving(): { commands: CommandsStore; hub: ScriptedSocket; clock: ManualClock } {
  const clock = new ManualClock();
  const { live, hub } = onlineSocket(clock);
  const tab = new DrivingTab(live, new MemoryStorage());
  tab.show('d');
  const turns = new TurnStore(live, tab, () => true, clock);
  let n = 0;
  const commands = new CommandsStore(live, turns, clock, () => `key-${++n}`);
  hub.say({ type: 'driver', device: 'd', you: true });
  hub.say({ type: 'you', device: 'd', state: 'active', epoch: 9, remaining_ms: 1000 });
  return { commands, hub, clock };
}

const answer = { type: 'command', id: 'c-1', key: 'key-1', name: 'aim', device: 'd', error: null, value: null };

test('a command carries the epoch of my turn and a key of its own, and resolves at its final state', async () => {
  const { commands, hub } = driving();
  const states: string[] = [];
  const result = commands.send(
    'd',
    'aim',
    { x_px: 1, y_px: 2 },
    {
      needs_turn: true,
      onState: ({ state }) => states.push(state),
    },
  );
  expect(hub.ofType('command')).toEqual([
    { type: 'command', device: 'd', name: 'aim', params: { x_px: 1, y_px: 2 }, epoch: 9, key: 'key-1', ref: 'key-1' },
  ]);
  expect(commands.underWay.value.get('d')).toBe(1);
  for (const state of ['accepted', 'sent', 'acknowledged', 'succeeded']) hub.say({ ...answer, state });
  await expect(result).resolves.toMatchObject({ id: 'c-1', state: 'succeeded' });
  expect(states).toEqual(['accepted', 'sent', 'acknowledged', 'succeeded']);
  expect(commands.underWay.value.get('d')).toBeUndefined();
});

test('a command that needs no turn says epoch 0', () => {
  const { commands, hub } = driving();
  void commands.send('e', 'tune', {}, { needs_turn: false });
  expect(hub.ofType('command')[0]).toMatchObject({ epoch: 0 });
});

test('without my turn nothing is sent', async () => {
  const { commands, hub } = driving();
  await expect(commands.send('other', 'aim', {}, { needs_turn: true })).rejects.toMatchObject({ code: 'conflict' });
  expect(hub.ofType('command')).toEqual([]);
});

test('a refusal rejects with the sentence and the pointer, from an error as from a state', async () => {
  const { commands, hub } = driving();
  const first = commands.send('d', 'aim', {}, { needs_turn: true });
  hub.say({ type: 'error', ref: 'key-1', code: 'invalid_argument', detail: 'Too far.', pointer: '/x_px' });
  await expect(first).rejects.toMatchObject({ code: 'invalid_argument', detail: 'Too far.', pointer: '/x_px' });
  const second = commands.send('d', 'aim', {}, { needs_turn: true });
  hub.say({ ...answer, key: 'key-2', state: 'refused', error: { code: 'stopped', message: 'It is stopped.' } });
  await expect(second).rejects.toMatchObject({ code: 'stopped', detail: 'It is stopped.' });
});

test('a failure is an outcome, not an exception', async () => {
  const { commands, hub } = driving();
  const result = commands.send('d', 'aim', {}, { needs_turn: true });
  hub.say({ ...answer, state: 'failed', error: { code: 'unavailable', message: 'The servo does not answer.' } });
  await expect(result).resolves.toMatchObject({ state: 'failed' });
});

test('when the connection is lost the outcome is unknown, and said to be', async () => {
  const { commands, hub } = driving();
  const result = commands.send('d', 'aim', {}, { needs_turn: true });
  hub.say({ ...answer, state: 'sent' });
  hub.hangUp(1006);
  await expect(result).resolves.toMatchObject({ state: 'unknown', error: { code: 'unavailable' } });
});

test('a command that takes most of a minute is waited for', async () => {
  const { commands, clock, hub } = driving();
  const result = commands.send('d', 'aim', {}, { needs_turn: true });
  hub.say({ ...answer, state: 'acknowledged' });
  for (let i = 0; i < 15; i += 1) {
    hub.say({ type: 'pong' });
    clock.advance(4000);
  }
  hub.say({ ...answer, state: 'succeeded' });
  await expect(result).resolves.toMatchObject({ state: 'succeeded' });
});

test('a hub that never answers leaves the outcome unknown', async () => {
  const { commands, clock, hub } = driving();
  const result = commands.send('d', 'aim', {}, { needs_turn: true });
  for (let i = 0; i < 17; i += 1) {
    hub.say({ type: 'pong' });
    clock.advance(4000);
  }
  await expect(result).resolves.toMatchObject({ state: 'unknown' });
});

test('a key is a version 4 UUID with and without a secure context', () => {
  const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  const random = (bytes: Uint8Array): Uint8Array => webcrypto.getRandomValues(bytes);
  expect(uuid({ getRandomValues: random, randomUUID: () => webcrypto.randomUUID() })).toMatch(pattern);
  const insecure = { getRandomValues: random };
  const keys = new Set(Array.from({ length: 100 }, () => uuid(insecure)));
  expect(keys.size).toBe(100);
  for (const key of keys) expect(key).toMatch(pattern);
});
