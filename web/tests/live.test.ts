import { expect, test } from 'vitest';
import { LiveSocket } from '../src/net/live.ts';
import { ManualClock, ScriptedSocket } from './support.ts';

function hub(): { live: LiveSocket; clock: ManualClock; sockets: ScriptedSocket[]; last: () => ScriptedSocket } {
  const clock = new ManualClock();
  const sockets: ScriptedSocket[] = [];
  const dial = (): ScriptedSocket => {
    const socket = new ScriptedSocket();
    sockets.push(socket);
    return socket;
  };
  const last = (): ScriptedSocket => sockets[sockets.length - 1] ?? new ScriptedSocket();
  return { live: new LiveSocket(dial, clock, () => 0.5), clock, sockets, last };
}

test('a page is online once the hub has said welcome', () => {
  const { live, last } = hub();
  live.start();
  expect(live.connection.value.kind).toBe('connecting');
  expect(live.send({ type: 'ping' })).toBe(false);
  last().welcome();
  expect(live.connection.value.kind).toBe('online');
  expect(live.send({ type: 'ping' })).toBe(true);
});

test('a lost page dials again with a doubling back-off, and says when', () => {
  const { live, clock, sockets, last } = hub();
  live.start();
  last().welcome();
  const waits: number[] = [];
  for (let i = 0; i < 6; i += 1) {
    last().hangUp(1006);
    const connection = live.connection.value;
    if (connection.kind !== 'waiting') throw new Error('it does not wait');
    waits.push(connection.retry_at - clock.now());
    clock.advance(connection.retry_at - clock.now());
  }
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 8000]);
  expect(sockets).toHaveLength(7);
  expect(live.lost).toBe(true);
});

test('what the page watches is watched again after a reconnect, and no longer after its release', () => {
  const { live, clock, last } = hub();
  live.start();
  last().welcome();
  const release = live.keep('d', { type: 'watch', device: 'd' }, { type: 'unwatch', device: 'd' });
  const releaseTwin = live.keep('d', { type: 'watch', device: 'd' }, { type: 'unwatch', device: 'd' });
  expect(last().types()).toEqual(['watch']);
  last().hangUp(1001);
  clock.advance(500);
  last().welcome();
  expect(last().types()).toEqual(['watch']);
  release();
  release();
  expect(last().types()).toEqual(['watch']);
  releaseTwin();
  expect(last().types()).toEqual(['watch', 'unwatch']);
});

test('who keeps something open hears why the hub refuses it, each time, and not when it was released or lost', async () => {
  const { live, clock, last } = hub();
  const refused: string[] = [];
  const keep = (): (() => void) =>
    live.keep('d', { type: 'watch', device: 'd' }, { type: 'unwatch', device: 'd' }, ({ code }) => refused.push(code));
  const refuse = async (): Promise<void> => {
    last().say({ type: 'error', ref: last().ofType('watch').at(-1)?.ref, code: 'not_found', detail: 'No.' });
    await new Promise((done) => setTimeout(done));
  };
  live.start();
  last().welcome();
  const release = keep();
  await refuse();
  expect(refused).toEqual(['not_found']);
  last().hangUp(1001);
  clock.advance(500);
  last().welcome();
  last().hangUp(1001);
  clock.advance(1000);
  last().welcome();
  await refuse();
  expect(refused).toEqual(['not_found', 'not_found']);
  release();
  keep()();
  await refuse();
  expect(refused).toHaveLength(2);
});

test('a request settles with the answer that carries its ref', async () => {
  const { live, last } = hub();
  live.start();
  last().welcome();
  const good = live.request({ type: 'join', device: 'd' });
  const bad = live.request({ type: 'join', device: 'e' });
  last().say({ type: 'error', ref: last().sent[1]?.ref, code: 'not_found', detail: 'There is no e.' });
  last().say({ type: 'ok', ref: last().sent[0]?.ref });
  await expect(good).resolves.toBeUndefined();
  await expect(bad).rejects.toMatchObject({ code: 'not_found', detail: 'There is no e.' });
});

test('requests under way fail when the connection is lost, and new ones fail at once', async () => {
  const { live, last } = hub();
  live.start();
  last().welcome();
  const waiting = live.request({ type: 'join', device: 'd' });
  last().hangUp(1006);
  await expect(waiting).rejects.toMatchObject({ code: 'unavailable' });
  await expect(live.request({ type: 'ping' })).rejects.toMatchObject({ code: 'unavailable' });
});

test('a session that has ended is not dialled for again', () => {
  const { live, clock, sockets, last } = hub();
  live.start();
  last().welcome();
  last().hangUp(1008);
  expect(live.connection.value.kind).toBe('signed_out');
  clock.advance(60000);
  expect(sockets).toHaveLength(1);
});

test('a silent hub is asked, then given up', () => {
  const { live, clock, last } = hub();
  live.start();
  last().welcome();
  clock.advance(8000);
  expect(last().types()).toEqual(['ping']);
  last().say({ type: 'pong' });
  clock.advance(8000);
  expect(live.connection.value.kind).toBe('online');
  clock.advance(8000);
  expect(live.connection.value.kind).toBe('waiting');
});

test('a hub that speaks is asked for its time once a minute', () => {
  const { live, clock, last } = hub();
  live.start();
  last().welcome();
  for (let s = 0; s < 180; s += 1) {
    clock.advance(1000);
    last().say({ type: 'telemetry', device: 'd', channel: 'climate', t_ms: 0, value: {} });
  }
  expect(last().types()).toEqual(['ping', 'ping', 'ping']);
  expect(live.connection.value.kind).toBe('online');
});

test('a hub that never says welcome is given up', () => {
  const { live, clock } = hub();
  live.start();
  clock.advance(8000);
  expect(live.connection.value.kind).toBe('waiting');
});

test('a person who does not want to wait dials at once', () => {
  const { live, sockets, last } = hub();
  live.start();
  last().hangUp(1006);
  live.retryNow();
  expect(sockets).toHaveLength(2);
  live.retryNow();
  expect(sockets).toHaveLength(2);
});

test('text that is no JSON changes nothing', () => {
  const { live, last } = hub();
  live.start();
  last().welcome();
  last().sayText('{"type":');
  expect(live.connection.value.kind).toBe('online');
});

test('a page whose rights have changed comes back at once, however long it was away before', () => {
  const { live, clock, sockets, last } = hub();
  live.start();
  last().welcome();
  last().hangUp(4003);
  expect(live.connection.value).toMatchObject({ kind: 'waiting', rights: true });
  clock.advance(200);
  expect(sockets).toHaveLength(2);
  // Refused now: the session has ended. What follows is the ordinary way back.
  last().hangUp(1006);
  expect(live.connection.value).toMatchObject({ kind: 'waiting', rights: false });
});

test('a connection that is doubted and not heard is dialled anew, and one that is heard stays', () => {
  const { live, clock, sockets, last } = hub();
  live.start();
  live.doubt(3000);
  last().welcome();
  live.doubt(3000);
  expect(last().types()).toEqual(['ping']);
  clock.advance(1000);
  last().say({ type: 'pong' });
  clock.advance(2500);
  expect(live.connection.value.kind).toBe('online');
  live.doubt(3000);
  clock.advance(2999);
  expect(live.connection.value.kind).toBe('online');
  clock.advance(1);
  expect(live.connection.value.kind).toBe('waiting');
  expect(sockets).toHaveLength(1);
});

test('a page that wakes asks whether its connection still lives, and dials at once where it waits to', () => {
  const { live, clock, sockets, last } = hub();
  live.start();
  last().welcome();
  live.woke();
  expect(last().types()).toEqual(['ping']);
  last().say({ type: 'pong' }); // within one tick of the clock
  clock.advance(3000);
  expect(live.connection.value.kind).toBe('online');
  live.woke();
  clock.advance(3000);
  expect(live.connection.value.kind).toBe('waiting');
  live.woke();
  expect(live.connection.value.kind).toBe('connecting');
  expect(sockets).toHaveLength(2);
});

test('a doubt says nothing of the connection that came after it', () => {
  const { live, clock, sockets, last } = hub();
  live.start();
  last().welcome();
  live.doubt(3000);
  last().hangUp(1006);
  clock.advance(500);
  last().welcome();
  clock.advance(3000);
  expect(live.connection.value.kind).toBe('online');
  expect(sockets).toHaveLength(2);
});
