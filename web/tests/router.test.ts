import { expect, test, vi } from 'vitest';
vi.stubGlobal('location', { pathname: '/', search: '' });
const { adminPath, capturesPath, parsePath, returnPath, signInPath } = await import('../src/router.ts');

test('every page has its address', () => {
  expect(parsePath('/')).toEqual({ page: 'devices' });
  expect(parsePath('/devices/')).toEqual({ page: 'devices' });
  expect(parsePath('/devices/lab-turret')).toEqual({ page: 'device', id: 'lab-turret' });
  expect(parsePath('/captures')).toEqual({ page: 'captures' });
  expect(parsePath('/account')).toEqual({ page: 'account' });
  expect(parsePath('/setup')).toEqual({ page: 'setup' });
  expect(parsePath('/admin')).toEqual({ page: 'admin', section: 'devices', id: '' });
  expect(parsePath('/admin/audit/')).toEqual({ page: 'admin', section: 'audit', id: '' });
  expect(parsePath('/admin/users/ada.l')).toEqual({ page: 'admin', section: 'users', id: 'ada.l' });
});

test('what leads nowhere is said to lead nowhere', () => {
  for (const path of [
    '/admin/nothing',
    '/admin/audit/7',
    '/admin/users/ada/more',
    '/devices/a/b',
    '/account/x',
    '/devices/%E0%A4%A',
    '/api/v1/oidc/start',
  ]) {
    expect(parsePath(path)).toEqual({ page: 'unknown', path });
  }
});

test('signing in leads back to where it was asked for, if that is a page of ours', () => {
  const leadsTo = (back: string): string => returnPath(new URL(signInPath(back), 'http://hub').search);
  expect(leadsTo('/devices/lab-turret')).toBe('/devices/lab-turret');
  expect(leadsTo('/captures?device=a')).toBe('/captures?device=a');
  for (const back of [
    '',
    '//',
    '//?x',
    '//elsewhere',
    '/\\elsewhere',
    'https://elsewhere',
    'devices/x',
    '/sign-in',
    '/api/v1/live',
  ])
    expect(leadsTo(back)).toBe('/');
  expect(returnPath('?problem=oidc_refused')).toBe('/');
});

test('a path made for a name leads back to that name', () => {
  expect(parsePath(adminPath('users', 'a/b c'))).toEqual({ page: 'admin', section: 'users', id: 'a/b c' });
  expect(adminPath('health')).toBe('/admin/health');
  expect([capturesPath(), capturesPath('a&b')]).toEqual(['/captures', '/captures?device=a%26b']);
});
