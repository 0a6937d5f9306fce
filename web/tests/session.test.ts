import { afterEach, expect, test, vi } from 'vitest';
import type { Person, SessionInfo } from '../src/protocol.ts';
import { SessionStore } from '../src/state/session.ts';
import { nameFault } from '../src/text/names.ts';

const ada: Person = { id: 'g-1', name: 'Ada', kind: 'guest', role: 'guest' };
const info = (person: Person | null): SessionInfo => ({
  person,
  can: { watch: true, play: true, stop: true, administer: false },
  guests: { watch: true, play: true },
  setup_needed: false,
  version: '0.1.0',
});

/** Answers the page's requests in order. */
function answers(...list: Response[]): void {
  vi.stubGlobal('fetch', () => {
    const next = list.shift();
    return next ? Promise.resolve(next) : Promise.reject(new TypeError('no network'));
  });
}
const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status });

afterEach(() => {
  vi.unstubAllGlobals();
});

test('entering as a guest is remembered as the session', async () => {
  answers(json(info(null)), json(info(ada)));
  const session = new SessionStore();
  await session.load();
  expect(session.signedIn).toBe(false);
  await session.enterAsGuest('Ada');
  expect(session.state.value.info?.person?.name).toBe('Ada');
});

test('a session that has ended meanwhile is told, one that I ended is not', async () => {
  answers(
    json(info(ada)),
    json(info(null)),
    json(info(ada)),
    new Response(null, { status: 204 }),
    json(info(null)),
    json(info(null)),
  );
  const session = new SessionStore();
  await session.load();
  await session.load();
  expect(session.state.value.ended).toBe(true);
  await session.enterAsGuest('Ada');
  expect(session.state.value.ended).toBe(false);
  await Promise.all([session.signOut(), session.load()]);
  expect(session.state.value.ended).toBe(false);
  expect(session.signedIn).toBe(false);
});

test('an answer from before a sign-in that comes behind it does not show the former person', async () => {
  const late: ((response: Response) => void)[] = [];
  vi.stubGlobal('fetch', (_path: string, init: RequestInit) =>
    init.method === 'GET'
      ? new Promise<Response>((resolve) => late.push(resolve))
      : Promise.resolve(json(info({ ...ada, id: 'g-2', name: 'Bob' }))),
  );
  const session = new SessionStore();
  const before = session.load();
  await session.enterAsGuest('Bob');
  late[0]?.(json(info(null)));
  await before;
  expect(session.state.value).toMatchObject({ info: { person: { name: 'Bob' } }, ended: false });
  const after = session.load();
  late[1]?.(json(info(null)));
  await after;
  expect(session.state.value).toMatchObject({ info: { person: null }, ended: true });
});

test('a refusal carries the sentence and the pointer of the hub', async () => {
  answers(
    json({ title: 'Forbidden', status: 403, code: 'permission_denied', detail: 'Wrong code.', pointer: '/code' }, 403),
  );
  await expect(new SessionStore().setUp('x', 'olga', 'secret')).rejects.toMatchObject({
    code: 'permission_denied',
    detail: 'Wrong code.',
    pointer: '/code',
    status: 403,
  });
});

test('a hub that does not answer leaves what was known, with a sentence', async () => {
  answers(json(info(ada)));
  const session = new SessionStore();
  await session.load();
  await session.load();
  expect(session.signedIn).toBe(true);
  expect(session.state.value.problem?.code).toBe('unreachable');
});

test('a name is as long as the hub takes it: counted in characters, without the space around it', () => {
  expect(nameFault('n'.repeat(32))).toBe('');
  expect(nameFault(` ${'🤖'.repeat(32)} `)).toBe('');
  expect(nameFault('n'.repeat(33))).toBe('At most 32 characters.');
  expect(nameFault('🤖'.repeat(33))).toBe('At most 32 characters.');
});
