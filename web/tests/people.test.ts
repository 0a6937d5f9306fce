import { afterEach, expect, test, vi } from 'vitest';
import type { Can } from '../src/protocol.ts';
import type { Grant, Token, User } from '../src/protocol_people.ts';
import { Resource } from '../src/state/resource.ts';
import { RightsStore } from '../src/state/rights.ts';
import { Store } from '../src/state/store.ts';
import { curlExample, Tokens } from '../src/state/tokens.ts';
import { findUsers, OneUser, Users } from '../src/state/users.ts';
import { agentText } from '../src/text/agent.ts';
import { passwordHint } from '../src/text/passwords.ts';
import { grantText, permissionsOf } from '../src/text/rights.ts';
import { lengthText, whenText } from '../src/text/time.ts';
import { ManualClock, onlineSocket } from './support.ts';

const grant = (part: Partial<Grant> = {}): Grant => ({
  id: 1,
  permission: 'play',
  scope: { kind: 'label', value: 'arm' },
  created_at_ms: 0,
  created_by: 'olga',
  ...part,
});
const user = (username: string, part: Partial<User> = {}): User => ({
  username,
  id: `u-${username}`,
  role: 'player',
  disabled: false,
  created_at_ms: 0,
  last_seen_ms: null,
  sessions: 0,
  tokens: 0,
  has_password: true,
  oidc: false,
  grants: [],
  ...part,
});

/** Answers requests in order, and keeps what was sent. */
function hub(...answers: unknown[]): { sent: string[] } {
  const sent: string[] = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    sent.push(`${init.method ?? ''} ${path} ${typeof init.body === 'string' ? init.body : ''}`.trim());
    const next = answers.shift();
    return Promise.resolve(
      next === undefined ? new Response(null, { status: 204 }) : new Response(JSON.stringify(next), { status: 200 }),
    );
  });
  return { sent };
}
afterEach(() => {
  vi.unstubAllGlobals();
});

test('people are found by name, role and grant: administrators first, disabled ones last', () => {
  const people = [
    user('zoe', { disabled: true }),
    user('bob', { grants: [grant({ scope: { kind: 'room', value: 'Workshop' } })] }),
    user('ada', { role: 'administrator' }),
  ];
  expect(findUsers(people, '').map(({ username }) => username)).toEqual(['ada', 'bob', 'zoe']);
  expect(findUsers(people, 'play work').map(({ username }) => username)).toEqual(['bob']);
  expect(findUsers(people, 'disabled').map(({ username }) => username)).toEqual(['zoe']);
});

test('a password that the hub made is handed on, one that was chosen is not repeated', async () => {
  const { sent } = hub({ user: user('bob'), password: 'abcd-efgh' }, { user: user('eve') });
  const users = new Users();
  users.list.put([]);
  expect(await users.add('bob', 'viewer', '')).toBe('abcd-efgh');
  expect(await users.add('eve', 'viewer', 'a long sentence')).toBeNull();
  expect(sent[0]).toBe('POST /api/v1/users {"username":"bob","role":"viewer"}');
  expect(users.list.value?.map(({ username }) => username)).toEqual(['bob', 'eve']);
});

test('what is added to a list that could not be loaded does not pose as the whole of it', async () => {
  const { sent } = hub(
    { user: user('bob') },
    { users: [user('ada'), user('bob')] },
    { token: { id: 7 }, secret: 's' },
    { tokens: [{ id: 6 }, { id: 7 }] },
  );
  const users = new Users();
  await users.add('bob', 'viewer', 'a long sentence');
  await vi.waitFor(() => expect(users.list.value?.map(({ username }) => username)).toEqual(['ada', 'bob']));
  const tokens = new Tokens();
  await tokens.add({ name: 'b', permissions: ['watch'], scopes: [], expires_in_days: 1 });
  await vi.waitFor(() => expect(tokens.list.value?.map(({ id }) => id)).toEqual([6, 7]));
  expect(sent.filter((one) => one.startsWith('GET'))).toEqual(['GET /api/v1/users', 'GET /api/v1/tokens']);
});

test('what was granted and taken away stands at once in what the page shows', async () => {
  const { sent } = hub(grant({ id: 9 }), undefined);
  const one = new OneUser('bob');
  one.user.put(user('bob'));
  await one.grant('play', { kind: 'label', value: 'arm' });
  expect(one.user.value?.grants.map(({ id }) => id)).toEqual([9]);
  await one.ungrant(9);
  expect(one.user.value?.grants).toEqual([]);
  expect(sent[1]).toBe('DELETE /api/v1/users/bob/grants/9');
});

test('a new token gives its secret once and stands in the list; a revoked one leaves it', async () => {
  const token: Token = {
    id: 4,
    name: 'camera',
    username: 'bob',
    permissions: ['watch'],
    scopes: [],
    created_at_ms: 0,
    expires_at_ms: 1,
    last_used_ms: null,
  };
  hub({ token, secret: 'rh_secret' }, undefined);
  const tokens = new Tokens();
  tokens.list.put([]);
  const wish = { name: 'camera', permissions: token.permissions, scopes: [], expires_in_days: 90 };
  expect(await tokens.add(wish)).toBe('rh_secret');
  expect(tokens.list.value).toEqual([token]);
  expect(JSON.stringify(tokens.list.value)).not.toContain('rh_secret');
  await tokens.revoke(4);
  expect(tokens.list.value).toEqual([]);
  expect(curlExample('rh_s', 'https://hub')).toBe('curl -H "Authorization: Bearer rh_s" https://hub/api/v1/devices');
});

test('of two answers the one asked for last counts, and a refusal keeps what was known', async () => {
  const answers: ((value: string) => void)[] = [];
  let fail = false;
  const resource = new Resource(() =>
    fail ? Promise.reject(new Error('away')) : new Promise<string>((go) => answers.push(go)),
  );
  const loads = [resource.load(), resource.load()];
  answers[1]?.('new');
  answers[0]?.('old');
  await Promise.all(loads);
  expect(resource.value).toBe('new');
  fail = true;
  await resource.load();
  expect(resource.state.value).toMatchObject({ value: 'new', busy: false, problem: { detail: 'away' } });
});

test('a grant brings with it what it includes', () => {
  expect(permissionsOf('member', [])).toEqual([]);
  expect(permissionsOf('member', [grant({ permission: 'moderate' })])).toEqual(['watch', 'play', 'moderate']);
  expect(permissionsOf('viewer', [grant({ permission: 'publish' })])).toEqual(['watch', 'publish']);
  expect(permissionsOf('administrator', [])).toHaveLength(5);
  expect(grantText(grant())).toBe('Play devices labelled arm');
});

test('what I may on a device is what the hub said of it, and else what I may everywhere', () => {
  const { live, hub } = onlineSocket(new ManualClock());
  const can = (part: Partial<Can>): Can => ({ watch: true, play: false, stop: true, administer: false, ...part });
  const info = { person: null, can: can({}), guests: { watch: true, play: true }, setup_needed: false, version: '' };
  const rights = new RightsStore(live, { state: new Store({ info, problem: null, ended: false }) });
  expect(rights.of('a').play).toBe(false);
  hub.say({ type: 'you', device: 'a', state: 'none', can: can({ play: true, moderate: true }) });
  expect(rights.of('a')).toMatchObject({ play: true, moderate: true });
  expect(rights.of('b').play).toBe(false);
  let told = 0;
  rights.state.subscribe(() => (told += 1));
  hub.say({ type: 'you', device: 'a', state: 'none', can: can({ play: true, moderate: true }) });
  expect(told).toBe(0);
  rights.clear();
  expect(rights.of('a').play).toBe(false);
});

test('a password is judged by its length alone', () => {
  expect(passwordHint('').good).toBe(false);
  expect(passwordHint('sevenen')).toEqual({ good: false, text: '1 more character.' });
  expect(passwordHint('öäüöäüöä').good).toBe(true);
});

test('browsers are told by name, and what is no browser as it came', () => {
  expect(agentText('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0')).toBe('Firefox on Linux');
  expect(
    agentText(
      'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0 Mobile Safari/537.36',
    ),
  ).toBe('Chrome on Android');
  expect(agentText('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1')).toBe(
    'Safari on iOS',
  );
  expect(agentText('Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/143.0.0.0 Safari/537.36')).toBe('Chrome on Linux');
  expect(agentText('my-script/1')).toBe('my-script/1');
  expect(agentText('')).toBe('Unknown program');
});

test('moments are told as people say them', () => {
  expect(whenText(-90000)).toBe('1 min ago');
  expect(whenText(30000)).toBe('in less than a minute');
  expect(whenText(3 * 86400000)).toBe('in 3 days');
  expect(lengthText(42000)).toBe('42 s');
  expect(lengthText(47 * 3600000)).toBe('47 h');
});
