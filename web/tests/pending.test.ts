import { expect, test } from 'vitest';
import { Problem } from '../src/net/http.ts';
import type { Pending } from '../src/protocol_media.ts';
import { PendingStore } from '../src/state/pending.ts';
import { haltOf } from '../src/text/links.ts';
import { ManualClock } from './support.ts';

const robot: Pending = {
  link: 'robot_tcp',
  foreign_id: '../1as/6 d&f',
  name: 'Robot X',
  address: '127.0.0.1',
  since_ms: 5,
  type: 'motor_robot',
  refused: '',
};

function store(answers: Record<string, unknown>): {
  pending: PendingStore;
  asked: [string, string, unknown][];
  clock: ManualClock;
  page: { visible: boolean };
} {
  const asked: [string, string, unknown][] = [];
  const clock = new ManualClock();
  const page = { visible: true };
  const ask = <T>(method: string, path: string, body?: unknown): Promise<T> => {
    asked.push([method, path, body]);
    const answer = answers[method];
    return answer instanceof Problem ? Promise.reject(answer) : Promise.resolve(answer as T);
  };
  return { pending: new PendingStore(ask, () => page.visible, clock), asked, clock, page };
}

const settled = (): Promise<void> => new Promise((go) => setTimeout(go, 0));

test('it is asked for again and again while somebody looks, and not while the page is hidden', async () => {
  const { pending, asked, clock, page } = store({ GET: { pending: [robot] } });
  const end = pending.watch();
  await settled();
  expect(pending.waiting.value).toEqual([robot]);
  clock.advance(3000);
  await settled();
  expect(asked).toHaveLength(2);
  page.visible = false;
  clock.advance(3000);
  await settled();
  page.visible = true;
  end();
  clock.advance(60_000);
  expect(asked).toHaveLength(2);
});

test('what was accepted or refused no longer waits', async () => {
  const { pending, asked } = store({ GET: { pending: [robot] }, POST: { id: 'robot-x' } });
  await pending.waiting.load();
  expect(await pending.accept(robot, 'robot-x', 'Robot X')).toEqual({ id: 'robot-x' });
  expect(pending.waiting.value).toEqual([]);
  await pending.waiting.load();
  await pending.refuse(robot);
  expect(pending.waiting.value).toEqual([]);
  expect(asked.filter(([method]) => method !== 'GET')).toEqual([
    ['POST', '/api/v1/pending/robot_tcp?id=..%2F1as%2F6%20d%26f', { device: 'robot-x', name: 'Robot X' }],
    ['DELETE', '/api/v1/pending/robot_tcp?id=..%2F1as%2F6%20d%26f', undefined],
  ]);
});

test('what could not be accepted goes on waiting', async () => {
  const { pending } = store({
    GET: { pending: [robot] },
    POST: new Problem('conflict', 'There is a device with this id.', '/device'),
  });
  await pending.waiting.load();
  await expect(pending.accept(robot, 'rover', '')).rejects.toMatchObject({ pointer: '/device' });
  expect(pending.waiting.value).toEqual([robot]);
});

test('a hub that says nothing of its stop is read by its fence', () => {
  expect(haltOf({ fenced: true })).toBe('local');
  expect(haltOf({ fenced: false })).toBe('sent');
  expect(haltOf({ fenced: false, halt: 'none' })).toBe('none');
});
