import { expect, test } from 'vitest';
import { WatchStore } from '../src/state/watch.ts';
import { ManualClock, onlineSocket } from './support.ts';

const event = (at_ms: number, text: string, kind = 'turn'): Record<string, unknown> => ({
  type: 'event',
  device: 'd',
  at_ms,
  level: 'info',
  kind,
  text,
});

test('events that the hub tells again after a reconnect are no new ones', () => {
  const clock = new ManualClock();
  const { live, hub } = onlineSocket(clock);
  const watch = new WatchStore('d', live);
  const told = [event(1, 'Ada has the turn.'), event(2, 'The turn is over.'), event(2, 'The turn is over.', 'stop')];
  for (const one of told) hub.say(one);
  const before = watch.events.value;
  expect(before.map(({ kind }) => kind)).toEqual(['stop', 'turn', 'turn']);
  hub.hangUp(1006);
  clock.advance(10_000);
  hub.welcome();
  expect(watch.events.value).toBe(before);
  for (const one of [...told, event(3, 'Bob has the turn.')]) hub.say(one);
  expect(watch.events.value.map(({ text }) => text)[0]).toBe('Bob has the turn.');
  expect(watch.events.value.slice(1)).toEqual(before);
  hub.say({ ...event(4, 'Elsewhere.'), device: 'e' });
  expect(watch.events.value).toHaveLength(4);
});
