import { expect, test } from 'vitest';
import { Problem } from '../src/net/http.ts';
import { Confirmation } from '../src/state/confirm.ts';
import { Questions } from '../src/state/questions.ts';

const needed = (): Problem => new Problem('confirm_required', 'Give your password again.', undefined, 403);

/** A change that the hub takes only once it was confirmed. */
function guarded(hub: { confirmed: boolean; tries: number }): () => Promise<string> {
  return () => {
    hub.tries += 1;
    return hub.confirmed ? Promise.resolve('done') : Promise.reject(needed());
  };
}
const settled = (): Promise<void> => new Promise((go) => setTimeout(go, 0));

test('a change that needs no password asks for none', async () => {
  const door = new Confirmation(() => Promise.reject(new Error('asked')));
  expect(await door.run(() => Promise.resolve(7))).toBe(7);
  expect(door.asked.value).toBeNull();
});

test('a refusal of another kind goes straight to whoever made the change', async () => {
  const door = new Confirmation(() => Promise.resolve());
  await expect(door.run(() => Promise.reject(new Problem('conflict', 'The last one stays.')))).rejects.toMatchObject({
    code: 'conflict',
  });
  expect(door.asked.value).toBeNull();
});

test('the password is asked for, a wrong one again, and a right one makes the change once more', async () => {
  const hub = { confirmed: false, tries: 0 };
  const door = new Confirmation((password) => {
    if (password !== 'right') return Promise.reject(new Problem('unauthenticated', 'Wrong password.'));
    hub.confirmed = true;
    return Promise.resolve();
  });
  const change = door.run(guarded(hub));
  await settled();
  expect(door.asked.value).toEqual({ busy: false, problem: null });
  await door.answer('wrong');
  expect(door.asked.value?.problem?.detail).toBe('Wrong password.');
  await door.answer('right');
  expect(await change).toBe('done');
  expect(hub.tries).toBe(2);
  expect(door.asked.value).toBeNull();
});

test('one password lets every change go on that waits for it', async () => {
  const hub = { confirmed: false, tries: 0 };
  const door = new Confirmation(() => {
    hub.confirmed = true;
    return Promise.resolve();
  });
  const changes = [door.run(guarded(hub)), door.run(guarded(hub))];
  await settled();
  await door.answer('right');
  expect(await Promise.all(changes)).toEqual(['done', 'done']);
});

test('whoever gives no password is told that nothing was changed', async () => {
  const hub = { confirmed: false, tries: 0 };
  const door = new Confirmation(() => Promise.resolve());
  const change = door.run(guarded(hub));
  await settled();
  door.cancel();
  await expect(change).rejects.toMatchObject({ code: 'cancelled' });
  expect(hub.tries).toBe(1);
});

test('a newer question answers an older one with no', async () => {
  const questions = new Questions();
  const first = questions.ask({ title: 'One?', text: [], yes: 'Do it' });
  const second = questions.ask({ title: 'Two?', text: [], yes: 'Do it' });
  expect(await first).toBe(false);
  expect(questions.asked.value?.title).toBe('Two?');
  questions.answer(true);
  expect(await second).toBe(true);
  expect(questions.asked.value).toBeNull();
});
