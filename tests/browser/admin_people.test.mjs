// Accounts, grants, sessions and tokens, from first set-up to a right that is taken away while somebody watches.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { administrator, confirm, newPage, setUp, signIn } from './support/accounts.mjs';
import { Hub } from './support/hub.mjs';
import { assertAccessible, assertNoFaults, enter, eventually, openBrowser, phone, turnBar } from './support/people.mjs';

let hub, browser, olga;

before(async () => {
  hub = await Hub.start();
  browser = await openBrowser();
  olga = await setUp(browser, hub);
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

const url = (path) => new URL(path, hub.url).href;

/** Adds an account on the page, and returns the password that the hub made and showed. */
async function addPerson(username, role) {
  await olga.goto(url('/admin/users'));
  await olga.getByRole('button', { name: 'Add a person' }).click();
  await olga.getByLabel('User name').fill(username);
  await olga.getByLabel('Role', { exact: true }).selectOption(role);
  await olga.getByRole('button', { name: 'Add', exact: true }).click();
  await olga.getByRole('heading', { name: `${username} can sign in now` }).waitFor();
  const password = await olga.getByRole('group', { name: 'the password' }).innerText();
  await olga.getByRole('button', { name: 'Done' }).click();
  return { username, password: password.trim() };
}

async function say(page, text) {
  await page.locator('rh-toast').getByText(text).waitFor();
}

/** A secret that nobody has copied yet goes neither with Escape, however often, nor with another request to close. */
async function assertStays(page, secret) {
  const shown = page.getByRole('group', { name: secret });
  const text = await shown.innerText();
  for (let i = 0; i < 3; i += 1) await page.keyboard.press('Escape');
  // As Back on a phone, which no key tells of.
  for (let i = 0; i < 2; i += 1) {
    const asked = await page.getByRole('dialog').evaluate((it) => {
      it.close();
      return new Promise((told) => it.addEventListener('close', () => told(true), { once: true }));
    });
    assert.ok(asked);
  }
  await eventually(async () => assert.equal(await shown.innerText(), text));
  assert.ok(await shown.isVisible());
}

test('an empty hub says what to do next, and leads there', async () => {
  await olga.goto(hub.url);
  await olga.getByText('This hub is ready. What next:').waitFor();
  await assertAccessible(olga, 'empty hub');
  await olga.getByRole('link', { name: 'Enrol the first device' }).click();
  await olga.getByRole('heading', { level: 1, name: 'Devices' }).waitFor();
  await olga.getByRole('navigation', { name: 'Administration' }).getByRole('link', { name: 'People' }).click();
  await olga.getByRole('heading', { level: 1, name: 'People' }).waitFor();
  await olga.getByRole('table').getByRole('link', { name: administrator.username }).waitFor();
});

test('somebody is added, signs in with the password that was shown once, and is found again', async () => {
  const ada = await addPerson('ada', 'player');
  assert.ok(ada.password.length >= 8, 'a password was shown');
  const hers = await signIn(browser, hub, ada, '/account');
  await hers.getByRole('heading', { level: 1, name: 'ada' }).waitFor();
  await hers
    .getByText('Watch and drive every device', { exact: false })
    .or(hers.getByText('watch and drive every device'))
    .first()
    .waitFor();
  await hers.getByText('This one').waitFor();
  await assertAccessible(hers, 'account');
  await olga.goto(url('/admin/users'));
  await olga.getByRole('searchbox').fill('ada play');
  await olga.getByRole('row', { name: /ada/ }).getByText('in 1 place').waitFor();
  await olga.getByRole('link', { name: 'ada' }).click();
  await olga.getByRole('heading', { level: 1, name: 'ada' }).waitFor();
  await assertAccessible(olga, 'one person');
  assertNoFaults(olga, hers);
  await hers.context().close();
});

test('a role is changed and taken back with Undo', async () => {
  await addPerson('rita', 'viewer');
  await olga.goto(url('/admin/users/rita'));
  await olga.getByLabel('Role', { exact: true }).selectOption('player');
  await say(olga, 'rita is a player now.');
  await olga.getByRole('button', { name: 'Undo' }).click();
  await say(olga, 'rita is a viewer now.');
  await eventually(async () => assert.equal(await olga.getByLabel('Role', { exact: true }).inputValue(), 'viewer'));
});

test('the last administrator stays, and the page says so in the words of the hub', async () => {
  await olga.goto(url(`/admin/users/${administrator.username}`));
  await olga.getByLabel('Role', { exact: true }).selectOption('player');
  await olga.locator('rh-toast .danger').getByText('administrator').waitFor();
  await eventually(async () =>
    assert.equal(await olga.getByLabel('Role', { exact: true }).inputValue(), 'administrator'),
  );
  await olga.getByRole('button', { name: 'Dismiss' }).click();
  await olga.getByRole('button', { name: 'Disable' }).click();
  await olga.locator('rh-toast .danger').getByText('administrator').waitFor();
  const answer = await olga.request.get(url(`/api/v1/users/${administrator.username}`));
  assert.deepEqual((({ role, disabled }) => ({ role, disabled }))(await answer.json()), {
    role: 'administrator',
    disabled: false,
  });
});

test('whoever is disabled is signed out at once, and may come back after Undo', async () => {
  const ben = await addPerson('ben', 'player');
  const his = await signIn(browser, hub, ben);
  await olga.goto(url('/admin/users/ben'));
  await olga.getByRole('button', { name: 'Disable' }).click();
  await his.getByText('Your session has ended', { exact: false }).waitFor({ timeout: 4000 });
  await olga.getByRole('button', { name: 'Undo' }).click();
  await say(olga, 'ben may sign in again.');
  const again = await signIn(browser, hub, ben);
  assertNoFaults(olga, his, again);
  await his.context().close();
  await again.context().close();
});

test('a change of weight asks for the password again, and is made once it is right', async () => {
  await olga.goto(url('/admin/users'));
  // As the hub answers somebody who signed in long ago; everything after it is the hub's own.
  let asked = false;
  await olga.route('**/api/v1/users', (route) => {
    if (asked || route.request().method() !== 'POST') return route.fallback();
    asked = true;
    const body = JSON.stringify({ status: 403, code: 'confirm_required', detail: 'Give your password again.' });
    return route.fulfill({ status: 403, contentType: 'application/problem+json', body });
  });
  await olga.getByRole('button', { name: 'Add a person' }).click();
  await olga.getByLabel('User name').fill('fay');
  await olga.getByRole('button', { name: 'Add', exact: true }).click();
  await olga.getByRole('dialog', { name: 'Is it still you?' }).waitFor();
  await assertAccessible(olga, 'password');
  const field = olga.getByLabel(`Password of ${administrator.username}`);
  await field.fill('not the password');
  await olga.keyboard.press('Enter');
  await olga.getByRole('alert').filter({ hasText: /\S/ }).first().waitFor();
  await confirm(olga);
  await olga.getByRole('heading', { name: 'fay can sign in now' }).waitFor();
  await assertStays(olga, 'the password');
  await olga.getByRole('button', { name: 'Done' }).click();
  await olga.unroute('**/api/v1/users');
  assertNoFaults(olga);
});

test('a password that was refused may be mended where it stands', async () => {
  await olga.goto(url('/admin/users'));
  await olga.getByRole('button', { name: 'Add a person' }).click();
  await olga.getByLabel('User name').fill('ada');
  await olga.getByRole('button', { name: 'Choose one myself' }).click();
  await olga.getByLabel('Password', { exact: true }).fill('a sentence of my own');
  await olga.getByRole('button', { name: 'Add', exact: true }).click();
  await olga.getByRole('alert').filter({ hasText: /\S/ }).first().waitFor();
  assert.equal(await olga.getByLabel('Password', { exact: true }).inputValue(), 'a sentence of my own');
  await olga.getByLabel('User name').fill('hal');
  await olga.getByRole('button', { name: 'Add', exact: true }).click();
  await olga.getByRole('heading', { name: 'hal can sign in now' }).waitFor();
  await olga.getByRole('button', { name: 'Done' }).click();
  assertNoFaults(olga);
});

test('a password that is being made is shown, whatever is pressed meanwhile', async () => {
  await addPerson('gil', 'viewer');
  await olga.goto(url('/admin/users/gil'));
  let go;
  const gone = new Promise((then) => (go = then));
  await olga.route('**/api/v1/users/gil/password', async (route) => {
    await gone;
    await route.fallback();
  });
  await olga.getByRole('button', { name: 'Set a password' }).click();
  await olga.getByRole('button', { name: 'Make one' }).click();
  await olga.getByRole('button', { name: 'Setting…' }).waitFor();
  assert.ok(await olga.getByRole('button', { name: 'Cancel' }).isDisabled());
  for (let i = 0; i < 3; i += 1) await olga.keyboard.press('Escape');
  go();
  await olga.getByRole('heading', { name: 'The new password is set' }).waitFor();
  const password = (await olga.getByRole('group', { name: 'the password' }).innerText()).trim();
  await assertStays(olga, 'the password');
  await olga.getByRole('button', { name: 'Done' }).click();
  await olga.getByRole('dialog').waitFor({ state: 'hidden' });
  await olga.unroute('**/api/v1/users/gil/password');
  const his = await signIn(browser, hub, { username: 'gil', password });
  await his.context().close();
  assertNoFaults(olga);
});

test('what is lost is said before an account is removed, and Escape keeps it', async () => {
  await addPerson('carl', 'viewer');
  await olga.goto(url('/admin/users/carl'));
  await olga.getByRole('button', { name: 'Remove…' }).click();
  await olga.getByRole('dialog', { name: 'Remove carl?' }).waitFor();
  await assertAccessible(olga, 'question');
  await olga.keyboard.press('Escape');
  await olga.getByRole('dialog').waitFor({ state: 'hidden' });
  await olga.getByRole('button', { name: 'Remove…' }).click();
  await olga.getByRole('button', { name: 'Remove carl' }).click();
  await olga.getByRole('heading', { level: 1, name: 'People' }).waitFor();
  await eventually(async () => assert.equal(await olga.getByRole('link', { name: 'carl' }).count(), 0));
});

test('a member sees what is granted as soon as it is, and no longer once it is taken away', async () => {
  await hub.startTurret();
  const mia = await addPerson('mia', 'member');
  const hers = await signIn(browser, hub, mia);
  await hers.getByRole('heading', { name: 'No devices yet' }).waitFor();
  await olga.goto(url('/admin/users/mia'));
  await olga.getByLabel('May', { exact: true }).selectOption('watch');
  await olga.getByLabel('Device id').fill('lab-turret');
  await olga.getByRole('button', { name: 'Grant', exact: true }).click();
  await olga.getByRole('row', { name: /Watch the device lab-turret/ }).waitFor();
  await hers.getByRole('link', { name: 'Lab turret' }).waitFor({ timeout: 4000 });
  await hers.getByRole('link', { name: 'Lab turret' }).click();
  await hers.getByRole('button', { name: 'Stop Lab turret' }).waitFor();
  // She is signed in: that would not help her to drive.
  await turnBar(hers).getByText('You may watch this device, not drive it.').waitFor();
  assert.equal(await turnBar(hers).getByRole('link', { name: 'Sign in' }).count(), 0);
  await olga.getByRole('button', { name: 'Take away: Watch the device lab-turret' }).click();
  await hers.getByRole('heading', { name: 'There is no such device' }).waitFor({ timeout: 4000 });
  assertNoFaults(olga, hers);
  await hers.context().close();
});

test('times are told by the clock of the hub, also on a machine whose own is hours off', async () => {
  const ivy = await addPerson('ivy', 'administrator');
  const page = await newPage(browser);
  await page.addInitScript(() => {
    const now = Date.now;
    Date.now = () => now() + 5 * 3600000;
  });
  await page.goto(url('/sign-in'));
  await page.getByLabel('User name').fill(ivy.username);
  await page.getByLabel('Password').fill(ivy.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Devices' }).waitFor();
  await page.goto(url('/admin/users/ivy'));
  await page.getByText('just now').first().waitFor();
  assert.equal(await page.getByText('h ago').count(), 0);
  await page.goto(url('/admin/audit?range=hour'));
  await page.locator('rh-audit-entry').first().waitFor();
  assertNoFaults(page);
  await page.context().close();
});

test('one’s other sessions are ended from the account page', async () => {
  const dan = await addPerson('dan', 'player');
  const here = await signIn(browser, hub, dan, '/account');
  const there = await signIn(browser, hub, dan);
  await here.reload();
  await here.getByRole('button', { name: 'End all others' }).click();
  await here.getByRole('button', { name: 'End them' }).click();
  await there.getByText('Your session has ended', { exact: false }).waitFor({ timeout: 4000 });
  await here.getByText('This one').waitFor();
  await eventually(async () => assert.equal(await here.getByRole('button', { name: 'End all others' }).count(), 0));
  await here.context().close();
  await there.context().close();
});

test('a password is changed: the old one no longer does, the new one does', async () => {
  const eve = await addPerson('eve', 'player');
  const page = await signIn(browser, hub, eve, '/account');
  await page.getByLabel('Present password').fill('not this one');
  await page.getByLabel('New password').fill('another long sentence');
  await page.getByRole('button', { name: 'Change it' }).click();
  await page.getByRole('alert').filter({ hasText: /\S/ }).first().waitFor();
  await page.getByLabel('Present password').fill(eve.password);
  await page.getByRole('button', { name: 'Change it' }).click();
  await say(page, 'Your password is changed.');
  await page.context().close();
  const again = await signIn(browser, hub, { username: 'eve', password: 'another long sentence' });
  await again.context().close();
});

test('a token is shown once, works in its scope, and is dead once revoked', async () => {
  await olga.goto(url('/account'));
  await olga.getByRole('button', { name: 'New token' }).click();
  await olga.getByLabel('Name').fill('night camera');
  await olga.getByLabel('Device id').fill('lab-turret');
  await olga.getByRole('button', { name: 'Only there' }).click();
  await assertAccessible(olga, 'new token');
  await olga.getByRole('button', { name: 'Make it' }).click();
  const secret = (await olga.getByRole('group', { name: 'the token' }).innerText()).trim();
  assert.match(secret, /^rh_[A-Za-z0-9_-]{43}$/);
  await assertStays(olga, 'the token');
  const ask = (path) => fetch(url(path), { headers: { authorization: `Bearer ${secret}` } });
  assert.equal((await ask('/api/v1/devices/lab-turret')).status, 200);
  assert.equal((await ask('/api/v1/users')).status, 403);
  await olga.getByRole('button', { name: 'I have it' }).click();
  assert.ok(!(await olga.content()).includes(secret));
  await olga.getByRole('button', { name: 'Revoke night camera' }).click();
  await olga.getByRole('button', { name: 'Revoke it' }).click();
  await say(olga, 'is revoked');
  assert.equal((await ask('/api/v1/devices/lab-turret')).status, 401);
  // The row with the button is gone; the keyboard goes on at its part's heading.
  assert.equal(await olga.getByRole('heading', { name: 'API tokens' }).evaluate((it) => it.matches(':focus')), true);
  assertNoFaults(olga);
});

test('a guest has a short page of his own, and the administration is not for him', async () => {
  const guest = await enter(browser, hub, 'Gus', '/');
  await guest.goto(url('/account'));
  await guest.getByRole('heading', { name: 'You are a guest' }).waitFor();
  await assertAccessible(guest, 'account of a guest');
  await guest.goto(url('/admin/users'));
  await guest.getByRole('heading', { name: 'This is for administrators' }).waitFor();
  assert.equal(await guest.getByRole('link', { name: 'Administration' }).count(), 0);
  assertNoFaults(guest);
  await guest.context().close();
});

test('somebody who is not signed in is asked to, and comes to the page that was asked for', async () => {
  const page = await newPage(browser);
  await page.goto(url('/admin/users'));
  await page.getByLabel('User name').fill(administrator.username);
  await page.getByLabel('Password').fill(administrator.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'People' }).waitFor();
  await page.context().close();
});

test('the pages of people fit a phone, in the dark', async () => {
  const page = await signIn(browser, hub, administrator, '/admin/users', {
    viewport: { ...phone, width: 360 },
    colorScheme: 'dark',
    hasTouch: true,
  });
  for (const [path, heading] of [
    ['/admin/users', 'People'],
    ['/admin/users/ada', 'ada'],
    ['/account', administrator.username],
  ]) {
    await page.goto(url(path));
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    await page.waitForLoadState('networkidle');
    await assertAccessible(page, path);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(over <= 0, `${path} is ${over} px wider than the screen`);
  }
  assertNoFaults(page);
  await page.context().close();
});
