// Devices as an administrator keeps them: enrolled on the page, claimed by a real agent, named, placed, revoked.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { administrator, setUp, signIn } from './support/accounts.mjs';
import { Hub } from './support/hub.mjs';
import { assertAccessible, assertNoFaults, eventually, openBrowser, phone } from './support/people.mjs';

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
const device = async (id) => (await olga.request.get(url(`/api/v1/devices/${id}`))).json();

async function say(page, text) {
  await page.locator('rh-toast').getByText(text).waitFor();
}

test('a device is enrolled with what the page gives, and the page notices when its agent comes', async () => {
  await olga.goto(url('/admin/devices'));
  await olga.getByRole('heading', { name: 'No devices yet' }).waitFor();
  await assertAccessible(olga, 'no devices');
  await olga.getByRole('button', { name: 'Enrol the first device' }).click();
  await olga.getByRole('textbox', { name: 'Name' }).fill('Lab turret');
  assert.equal(await olga.getByLabel('Id', { exact: true }).inputValue(), 'lab-turret');
  await olga.getByLabel('Type', { exact: true }).selectOption('laser_turret');
  await assertAccessible(olga, 'enrolling');
  await olga.getByRole('button', { name: 'Enrol', exact: true }).click();
  await olga.getByRole('heading', { name: 'Lab turret is enrolled' }).waitFor();
  await assertAccessible(olga, 'enrolled');
  const code = (await olga.getByRole('group', { name: 'the claim code' }).innerText()).trim();
  assert.match(code, /^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
  const [download] = await Promise.all([
    olga.waitForEvent('download'),
    olga.getByRole('button', { name: 'Download agent.yaml' }).click(),
  ]);
  assert.equal(download.suggestedFilename(), 'agent.yaml');
  const file = await readFile(await download.path(), 'utf8');
  assert.ok(file.includes(code) && file.includes('lab-turret'), file);
  await olga.getByText('Waiting for the agent', { exact: false }).waitFor();
  await hub.startAgent('lab-turret', code);
  await olga.getByText('The agent has come.').waitFor({ timeout: 15000 });
  await olga.getByRole('link', { name: 'To the device' }).click();
  await olga.getByRole('heading', { level: 1, name: 'Lab turret' }).waitFor();
  await olga.getByRole('row', { name: /Connected/ }).waitFor();
  await assertAccessible(olga, 'one device');
  assertNoFaults(olga);
});

test('a device is named and placed, and Undo takes that back', async () => {
  await olga.goto(url('/admin/devices/lab-turret'));
  await olga.getByLabel('Name', { exact: true }).fill('Turret by the window');
  await olga.getByLabel('Room').fill('Workshop');
  await olga.getByLabel('Labels').fill('arm, demo');
  await olga.keyboard.press('Enter');
  await olga.getByRole('button', { name: 'Remove the label arm' }).waitFor();
  await olga.getByRole('button', { name: 'Save' }).click();
  await say(olga, 'Saved.');
  await olga.getByRole('heading', { level: 1, name: 'Turret by the window' }).waitFor();
  assert.deepEqual(await device('lab-turret').then(({ name, room, labels }) => ({ name, room, labels })), {
    name: 'Turret by the window',
    room: 'Workshop',
    labels: ['arm', 'demo'],
  });
  await olga.getByRole('button', { name: 'Undo' }).click();
  await olga.getByRole('heading', { level: 1, name: 'Lab turret' }).waitFor();
  await eventually(async () => assert.deepEqual((await device('lab-turret')).labels, []));
  assertNoFaults(olga);
});

test('what is typed while a change is being saved is kept, and saved next', async () => {
  await olga.goto(url('/admin/devices/lab-turret'));
  let go;
  const gone = new Promise((then) => (go = then));
  await olga.route('**/api/v1/devices/lab-turret', async (route) => {
    if (route.request().method() === 'PATCH') await gone;
    await route.fallback();
  });
  await olga.getByLabel('Room').fill('Attic');
  await olga.getByRole('button', { name: 'Save' }).click();
  await olga.getByRole('button', { name: 'Saving…' }).waitFor();
  await olga.getByLabel('Name', { exact: true }).fill('Turret in the attic');
  go();
  await say(olga, 'Saved.');
  assert.equal(await olga.getByLabel('Name', { exact: true }).inputValue(), 'Turret in the attic');
  await olga.getByRole('button', { name: 'Save', exact: true }).click();
  await olga.getByRole('heading', { level: 1, name: 'Turret in the attic' }).waitFor();
  await olga.unroute('**/api/v1/devices/lab-turret');
  await olga.getByLabel('Name', { exact: true }).fill('Lab turret');
  await olga.getByRole('button', { name: 'Save', exact: true }).click();
  await olga.getByRole('heading', { level: 1, name: 'Lab turret' }).waitFor();
  assert.equal((await device('lab-turret')).room, 'Attic');
  assertNoFaults(olga);
});

test('saving a name leaves the labels as somebody else has changed them meanwhile', async () => {
  const change = async (data) => {
    const headers = { Origin: new URL(hub.url).origin };
    assert.equal((await olga.request.patch(url('/api/v1/devices/lab-turret'), { headers, data })).status(), 200);
  };
  const arm = olga.getByRole('button', { name: 'Remove the label arm' });
  await change({ labels: ['arm', 'demo'] });
  await olga.goto(url('/admin/devices/lab-turret'));
  await arm.waitFor();
  await olga.getByLabel('Name', { exact: true }).fill('Turret of two');
  await change({ labels: ['demo'] });
  await arm.waitFor({ state: 'detached' });
  assert.equal(await olga.getByLabel('Name', { exact: true }).inputValue(), 'Turret of two');
  await olga.getByRole('button', { name: 'Save', exact: true }).click();
  await olga.getByRole('heading', { level: 1, name: 'Turret of two' }).waitFor();
  assert.deepEqual((await device('lab-turret')).labels, ['demo']);
  await change({ name: 'Lab turret', labels: [] });
  await olga.getByRole('heading', { level: 1, name: 'Lab turret' }).waitFor();
  assertNoFaults(olga);
});

test('who administers one device has its page, without what is not of this device alone', async () => {
  const headers = { Origin: new URL(hub.url).origin };
  const post = async (path, data) =>
    assert.equal((await olga.request.post(url(path), { headers, data })).status(), 201);
  const account = { username: 'dora', password: 'another long sentence' };
  await post('/api/v1/users', { ...account, role: 'member' });
  await post('/api/v1/users/dora/grants', {
    permission: 'administer',
    scope: { kind: 'device', value: 'lab-turret' },
  });
  const dora = await signIn(browser, hub, account, '/devices/lab-turret');
  await dora.getByRole('link', { name: 'Administer this device' }).click();
  const heading = (name) => dora.getByRole('heading', { level: 1, name });
  await heading('Lab turret').waitFor();
  await dora.getByRole('textbox', { name: 'Name', exact: true }).fill('Turret of Dora');
  await dora.getByRole('button', { name: 'Save' }).click();
  await heading('Turret of Dora').waitFor();
  // By its address too, when the page does not know yet what she may.
  await dora.goto(url('/admin/devices/lab-turret'));
  await dora.getByRole('row', { name: /Connected/ }).waitFor();
  await assertAccessible(dora, 'the page of her device');
  for (const name of ['Room', 'Labels']) assert.equal(await dora.getByLabel(name, { exact: true }).count(), 0);
  assert.equal(await dora.getByRole('button', { name: 'Issue one' }).count(), 0);
  await dora.getByRole('textbox', { name: 'Name', exact: true }).fill('Lab turret');
  await dora.getByRole('button', { name: 'Save' }).click();
  await heading('Lab turret').waitFor();
  await dora.goto(url('/admin/devices'));
  await dora.getByRole('heading', { name: 'This is for administrators' }).waitFor();
  assertNoFaults(dora);
  await dora.context().close();
});

test('devices are found by label and room, on the page that everybody sees too', async () => {
  await olga.goto(url('/admin/devices/lab-turret'));
  await olga.getByLabel('Labels').fill('arm');
  await olga.getByRole('button', { name: 'Save' }).click();
  await say(olga, 'Saved.');
  await olga.goto(url('/admin/devices'));
  await olga.getByRole('searchbox').fill('arm');
  await olga.getByRole('link', { name: 'Lab turret' }).waitFor();
  await olga.getByRole('searchbox').fill('nothing like it');
  await olga.getByText('Nothing matches').waitFor();
});

test('a code that was lost is made anew', async () => {
  await olga.goto(url('/admin/devices'));
  await olga.getByRole('button', { name: 'Enrol a device' }).click();
  await olga.getByRole('textbox', { name: 'Name' }).fill('Spare');
  await olga.getByRole('button', { name: 'Enrol', exact: true }).click();
  const first = (await olga.getByRole('group', { name: 'the claim code' }).innerText()).trim();
  await olga.getByRole('link', { name: 'To the device' }).click();
  await olga.getByRole('heading', { level: 1, name: 'Spare' }).waitFor();
  await olga.getByRole('button', { name: 'New claim code' }).click();
  const second = (await olga.getByRole('group', { name: 'the claim code' }).innerText()).trim();
  assert.match(second, /^[0-9A-Z-]{14}$/);
  assert.notEqual(second, first);
  await olga.getByRole('button', { name: 'Revoke…', exact: true }).click();
  await olga.getByRole('button', { name: 'Revoke it' }).click();
  await say(olga, 'Spare is revoked.');
  await eventually(async () => assert.equal(await olga.getByRole('link', { name: 'Spare' }).count(), 0));
  assertNoFaults(olga);
});

test('what is said while a dialog is open is shown and read inside of it', async () => {
  await olga.goto(url('/admin/devices'));
  await olga.getByRole('button', { name: 'Enrol a device' }).click();
  await olga.getByRole('textbox', { name: 'Name' }).fill('Spare');
  await olga.getByRole('button', { name: 'Enrol', exact: true }).click();
  const dialog = olga.getByRole('dialog', { name: 'Spare is enrolled' });
  await dialog.getByRole('button', { name: 'Copy the claim code' }).click();
  // What lies outside of an open dialog has no role: it is neither read nor clicked.
  const read = dialog.getByRole('status').filter({ hasText: /(Copied|Selected) the claim code/ });
  await read.waitFor();
  await dialog.getByRole('link', { name: 'To the device' }).click();
  await olga.getByRole('heading', { level: 1, name: 'Spare' }).waitFor();
  await olga.getByRole('button', { name: 'Revoke…', exact: true }).click();
  await olga.getByRole('button', { name: 'Revoke it' }).click();
  await olga.getByRole('status').filter({ hasText: 'Spare is revoked.' }).waitFor();
  await eventually(async () => assert.equal(await olga.getByRole('link', { name: 'Spare' }).count(), 0));
  assertNoFaults(olga);
});

test('a certificate is issued with its files, and revoked', async () => {
  await olga.goto(url('/admin/devices/lab-turret'));
  await olga.getByRole('button', { name: 'Issue one' }).click();
  await olga.getByText('The key is here only now', { exact: false }).waitFor();
  const [download] = await Promise.all([
    olga.waitForEvent('download'),
    olga.getByRole('button', { name: 'Key', exact: true }).click(),
  ]);
  assert.equal(download.suggestedFilename(), 'lab-turret.key');
  assert.match(await readFile(await download.path(), 'utf8'), /^-----BEGIN (EC |)PRIVATE KEY-----/);
  await assertAccessible(olga, 'certificate issued');
  await olga.getByRole('button', { name: 'I have them' }).click();
  await olga.getByRole('button', { name: /^Revoke [0-9a-f]{16}/ }).click();
  await olga.getByRole('button', { name: 'Revoke it' }).click();
  await say(olga, 'The certificate is revoked.');
  await olga.getByText('Revoked just now').waitFor();
  assertNoFaults(olga);
});

test('the pages of devices fit a phone, in the dark', async () => {
  const page = await signIn(browser, hub, administrator, '/admin/devices', {
    viewport: { ...phone, width: 360 },
    colorScheme: 'dark',
    hasTouch: true,
  });
  for (const [path, heading] of [
    ['/admin/devices', 'Devices'],
    ['/admin/devices/lab-turret', 'Lab turret'],
    ['/admin/devices/not-there', 'not-there'],
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

test('a claimed device is revoked only by typing its id; then its agent is out, and its page is gone', async () => {
  const watching = await signIn(browser, hub, administrator, '/devices/lab-turret');
  await watching.getByRole('button', { name: 'Stop Lab turret' }).waitFor();
  const keeping = await signIn(browser, hub, administrator, '/admin/devices/lab-turret');
  await keeping.getByRole('heading', { level: 1, name: 'Lab turret' }).waitFor();
  await olga.goto(url('/admin/devices/lab-turret'));
  await olga.getByRole('button', { name: 'Revoke…', exact: true }).click();
  const yes = olga.getByRole('button', { name: 'Revoke it' });
  assert.ok(await yes.isDisabled());
  await olga.getByLabel('Type lab-turret to go on').fill('lab-turre');
  assert.ok(await yes.isDisabled());
  await olga.getByLabel('Type lab-turret to go on').fill('lab-turret');
  await assertAccessible(olga, 'revoking');
  await yes.click();
  await say(olga, 'Lab turret is revoked.');
  await olga.getByRole('heading', { name: 'No devices yet' }).waitFor();
  await watching.getByRole('heading', { name: 'There is no such device' }).waitFor({ timeout: 4000 });
  await keeping.getByRole('heading', { name: 'There is no device “lab-turret”' }).waitFor({ timeout: 4000 });
  assertNoFaults(olga, watching, keeping);
  await watching.context().close();
  await keeping.context().close();
});
