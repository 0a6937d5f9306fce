import { expect, test } from 'vitest';
import { noTurn } from '../src/state/turn.ts';
import { describeTurn, turnPrefix, type TurnFacts } from '../src/state/turn_view.ts';
import { agoText, clockText, ordinal } from '../src/text/time.ts';
import { aDevice } from './support.ts';

const facts = (part: Partial<TurnFacts> = {}): TurnFacts => ({
  device: aDevice(),
  at: 0,
  now: 0,
  me: 'g-1',
  canPlay: true,
  account: false,
  mine: noTurn,
  drivesHere: false,
  elsewhere: false,
  connected: true,
  ...part,
});
const turn = {
  holder: { id: 'g-2', name: 'Bob' },
  epoch: 3,
  remaining_ms: 42000,
  grace_ms: null,
  waiting: [],
  estimate_ms: [],
};

test('a free device invites to drive', () => {
  expect(describeTurn(facts())).toMatchObject({ title: 'Nobody is driving', action: 'join', free: true });
});

test('who drives, how long still and how many wait is told to those who watch', () => {
  const device = aDevice({ turn: { ...turn, waiting: [{ id: 'g-3', name: 'Cy' }], estimate_ms: [42000] } });
  const view = describeTurn(facts({ device, now: 2000 }));
  expect(view).toMatchObject({ title: 'Bob is driving', detail: '0:40 left, 1 waiting', action: 'join', free: false });
  expect(view.people).toEqual([
    { id: 'g-2', name: 'Bob', role: 'driving', me: false },
    { id: 'g-3', name: 'Cy', role: '1', me: false },
  ]);
});

test('a driver who is away is said to be', () => {
  const device = aDevice({ turn: { ...turn, grace_ms: 8000 } });
  expect(describeTurn(facts({ device, now: 1000 })).detail).toBe('away, back within 0:07');
});

test('my place and the estimate count down', () => {
  const mine = { ...noTurn, state: 'waiting' as const, place: 3, begins_at: 80000 };
  expect(describeTurn(facts({ mine })).title).toBe('You are 3rd, about 1:20');
  expect(describeTurn(facts({ mine: { ...mine, place: 1 }, now: 60000 })).title).toBe('You are next, about 0:20');
});

test('my turn counts down and turns urgent near its end', () => {
  const mine = { ...noTurn, state: 'active' as const, epoch: 4, ends_at: 60000 };
  const early = describeTurn(facts({ mine, drivesHere: true, now: 18000 }));
  expect(early).toMatchObject({ tone: 'mine', title: 'Your turn', clock: '0:42', action: 'give-back' });
  const warned = describeTurn(facts({ mine: { ...mine, warning: true }, drivesHere: true, now: 48000 }));
  expect(warned).toMatchObject({ tone: 'ending', clock: '0:12' });
  expect(describeTurn(facts({ mine, drivesHere: true, now: 51000 })).tone).toBe('ending');
});

test('a held line says so, promises no time and is not free', () => {
  const device = aDevice({ turn: { ...turn, holder: null, held: { by: 'Ada', reason: 'cleaning the lens' } } });
  const watching = describeTurn(facts({ device }));
  expect(watching).toMatchObject({ title: 'The line is held', free: false, action: 'join' });
  expect(watching.spoken).toContain('Held by Ada: cleaning the lens');
  const mine = { ...noTurn, state: 'waiting' as const, place: 1, begins_at: 80000 };
  const waiting = describeTurn(facts({ device, mine }));
  expect(waiting.title).toBe('You are next');
  expect(waiting.detail).toContain('Your place is kept');
});

test('nobody is invited to drive a device whose plugin the hub lacks', () => {
  const view = describeTurn(facts({ device: aDevice({ plugin: { version: '2.0.0', installed: false } }) }));
  expect(view).toMatchObject({ title: 'Nobody can drive', action: 'none' });
  expect(view.spoken).toContain('Only STOP works');
});

test('who was moderated is told in plain words', () => {
  expect(describeTurn(facts({ mine: { ...noTurn, reason: 'skipped' } })).detail).toMatch(
    /^A moderator ended your turn/,
  );
  expect(describeTurn(facts({ mine: { ...noTurn, reason: 'removed' } })).spoken).toMatch(/took you out of the line/);
});

test('an account that may not drive is not told to sign in', () => {
  const view = describeTurn(facts({ canPlay: false, account: true }));
  expect(view.action).toBe('none');
  expect(view.detail).toContain('You may watch this device, not drive it.');
  expect(describeTurn(facts({ canPlay: false })).action).toBe('sign-in');
});

test('what a screen reader hears changes with the state, not with the second', () => {
  const mine = { ...noTurn, state: 'active' as const, epoch: 4, ends_at: 60000 };
  const spoken = [0, 1000, 2000, 30000].map((now) => describeTurn(facts({ mine, drivesHere: true, now })).spoken);
  expect(new Set(spoken).size).toBe(1);
});

test('a turn that another tab drives can be taken over here', () => {
  const mine = { ...noTurn, state: 'active' as const, epoch: 4, ends_at: 60000 };
  expect(describeTurn(facts({ mine, drivesHere: false, elsewhere: true }))).toMatchObject({ action: 'take-over' });
});

test('a turn of which nobody has said yet which tab drives it is not said to be in another one', () => {
  const mine = { ...noTurn, state: 'active' as const, epoch: 4, ends_at: 60000 };
  const view = describeTurn(facts({ mine, drivesHere: false }));
  expect(view).toMatchObject({ title: 'Your turn, connecting…', action: 'none', spoken: '' });
});

test('a stopped device says that nothing moves', () => {
  const mine = { ...noTurn, state: 'active' as const, epoch: 4, ends_at: 60000 };
  const device = aDevice({ stop: { state: 'confirmed' } });
  expect(describeTurn(facts({ device, mine, drivesHere: true })).title).toBe('Your turn, but stopped');
});

test('who waits at a stopped device with hazards is promised no time, and told what the line waits for', () => {
  const mine = { ...noTurn, state: 'waiting' as const, place: 1, begins_at: 80000 };
  const stopped = { state: 'confirmed' as const };
  const view = describeTurn(facts({ device: aDevice({ stop: stopped }), mine }));
  expect(view.title).toBe('You are next');
  expect(view.detail).toMatch(/^It is stopped; .* reset that\. Your place is kept\.$/);
  expect(view.spoken).toContain('It is stopped');
  // Without hazards whoever gets the turn ends the stop.
  const harmless = aDevice({ stop: stopped, hazards: [] });
  expect(describeTurn(facts({ device: harmless, mine })).title).toBe('You are next, about 1:20');
});

test('who waits at a device that is offline is promised no time', () => {
  const mine = { ...noTurn, state: 'waiting' as const, place: 2, begins_at: 80000 };
  const view = describeTurn(facts({ device: aDevice({ presence: 'offline' }), mine }));
  expect(view).toMatchObject({ title: 'You are 2nd', detail: 'The device is offline. Your place is kept.' });
  expect(view.spoken).toContain('The device is offline.');
});

test('a stopped device with hazards is not offered as free, nor is its next turn announced', () => {
  const stop = { state: 'confirmed' as const };
  const free = describeTurn(facts({ device: aDevice({ stop }) }));
  expect(free).toMatchObject({ title: 'Nobody is driving', action: 'join', free: false });
  expect(free.detail).toContain('It is stopped');
  expect(free.spoken).toContain('It is stopped');
  const line = { ...turn, holder: null, remaining_ms: null, waiting: [{ id: 'g-3', name: 'Cy' }], estimate_ms: [0] };
  expect(describeTurn(facts({ device: aDevice({ stop, turn: line }) })).title).toBe('Nobody is driving');
  expect(describeTurn(facts({ device: aDevice({ turn: line }) })).title).toBe('The next turn begins');
  expect(describeTurn(facts({ device: aDevice({ stop, hazards: [] }) })).free).toBe(true);
});

test('who holds the turn of a device that is offline is not said to drive it', () => {
  const mine = { ...noTurn, state: 'active' as const, epoch: 4, ends_at: 60000 };
  const view = describeTurn(facts({ device: aDevice({ presence: 'offline' }), mine, drivesHere: true }));
  expect(view).toMatchObject({ title: 'Your turn, but the device is offline', clock: '1:00', action: 'give-back' });
  expect(view.detail).toContain('Your time goes on');
  expect(view.spoken).toContain('offline');
});

test("the window's title says whose turn it is, for those who look at another one", () => {
  const second = { ...noTurn, state: 'waiting' as const, place: 2 };
  const next = { ...second, place: 1 };
  const active = { ...noTurn, state: 'active' as const, epoch: 4 };
  expect(turnPrefix([])).toBe('');
  expect(turnPrefix([noTurn, second])).toBe('');
  expect(turnPrefix([second, next])).toBe('Next · ');
  expect(turnPrefix([next, active])).toBe('Your turn · ');
});

test('why a turn has ended is told', () => {
  const mine = { ...noTurn, reason: 'time_up' as const };
  expect(describeTurn(facts({ device: aDevice({ turn }), mine })).detail).toBe('Your time is up. 0:42 left');
});

test('somebody who may only watch is pointed to signing in', () => {
  expect(describeTurn(facts({ canPlay: false })).action).toBe('sign-in');
});

test('without a connection no promise is made', () => {
  const mine = { ...noTurn, state: 'active' as const, epoch: 4, ends_at: 60000 };
  const view = describeTurn(facts({ mine, connected: false }));
  expect(view).toMatchObject({ title: 'Reconnecting…', action: 'none' });
});

test('durations and places read as people say them', () => {
  expect([0, 1, 41001, 60000, 3723000].map(clockText)).toEqual(['0:00', '0:01', '0:42', '1:00', '1:02:03']);
  expect([1, 2, 3, 4, 11, 12, 13, 21, 102, 111].map(ordinal)).toEqual([
    '1st',
    '2nd',
    '3rd',
    '4th',
    '11th',
    '12th',
    '13th',
    '21st',
    '102nd',
    '111th',
  ]);
  expect([5000, 300000, 3 * 3600000, 50 * 3600000].map(agoText)).toEqual([
    'just now',
    '5 min ago',
    '3 h ago',
    '2 days ago',
  ]);
});
