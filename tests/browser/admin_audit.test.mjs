// The audit as an administrator reads it: sentences, filters in the address, older pages, the file, the chain.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { administrator, setUp, signIn } from './support/accounts.mjs';
import { Hub } from './support/hub.mjs';
import { assertAccessible, assertNoFaults, enter, eventually, openBrowser, phone } from './support/people.mjs';

/** Each guest's. Each is two entries; a page of the audit holds fifty, and one person takes at most twenty places at once. */
const turns = 14;
let hub, browser, olga;

before(async () => {
  hub = await Hub.start();
  await hub.startTurret();
  browser = await openBrowser();
  olga = await setUp(browser, hub);
  // Something to read: turns of two guests and a stop, enough for a second page.
  const bob = await enter(browser, hub, 'Bob');
  const ada = await enter(browser, hub, 'Ada');
  for (const page of [bob, ada]) {
    for (let i = 0; i < turns; i += 1) {
      await page.getByRole('button', { name: 'Drive now' }).click();
      await page.getByRole('button', { name: 'Give back' }).click();
      await page.getByRole('button', { name: 'Drive now' }).waitFor();
    }
  }
  await bob.context().close();
  await ada.keyboard.press('Escape');
  await ada.keyboard.press('Escape');
  await ada.getByText('Stopped', { exact: true }).waitFor();
  await ada.context().close();
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

const url = (path) => new URL(path, hub.url).href;
const entries = () => olga.locator('rh-audit-entry');
const search = () => new URL(olga.url()).search;

test('what happened stands there in sentences, the newest first, and older pages come when asked for', async () => {
  await olga.goto(url('/admin/audit'));
  await olga.getByRole('heading', { name: 'Today' }).waitFor();
  await eventually(async () => assert.match(await entries().first().locator('summary').innerText(), /Ada|The hub/));
  await olga.getByText('Ada pressed STOP on lab-turret').waitFor();
  await eventually(async () => assert.equal(await entries().count(), 50));
  await assertAccessible(olga, 'audit');
  await olga.getByRole('button', { name: 'Older entries' }).click();
  await eventually(async () => assert.ok((await entries().count()) > 50));
  await olga.getByText('The hub started').waitFor();
  await olga.getByText('That is all of this choice.').waitFor();
});

test('an entry folds out, leads to its device, and narrows the choice', async () => {
  await olga.goto(url('/admin/audit'));
  await olga.getByText('Ada pressed STOP on lab-turret').click();
  await olga.getByText('stop.press', { exact: true }).waitFor();
  await assertAccessible(olga, 'an entry folded out');
  await olga.getByRole('button', { name: 'Only this action' }).click();
  await eventually(async () => assert.equal(await entries().count(), 1));
  assert.equal(search(), '?action=stop.press');
  await olga.getByRole('link', { name: 'Open lab-turret' }).click();
  await olga.getByRole('heading', { level: 1, name: 'Lab turret' }).waitFor();
  await olga.goBack();
  await eventually(async () => assert.equal(await entries().count(), 1));
  assert.equal(await olga.getByLabel('What', { exact: true }).inputValue(), 'stop.press');
});

test('conditions are kept in the address, and an address brings them back', async () => {
  await olga.goto(url('/admin/audit'));
  await olga.getByLabel('Anything').fill('finished');
  await olga.getByLabel('Who').fill('Ada');
  await olga.getByLabel('Time').selectOption('hour');
  await olga.getByLabel('Anything').fill('turn.end');
  await eventually(async () => assert.equal(await entries().filter({ hasText: 'Ada finished a turn' }).count(), turns));
  assert.equal(await entries().count(), turns);
  assert.equal(search(), '?range=hour&actor=Ada&text=turn.end');
  await olga.reload();
  await eventually(async () => assert.equal(await entries().count(), turns));
  assert.equal(await olga.getByLabel('Who').inputValue(), 'Ada');
  await olga.getByLabel('About').fill('no-such-device');
  await olga.getByText('Nothing of this kind was recorded').waitFor();
  await assertAccessible(olga, 'nothing found');
  await olga.getByRole('button', { name: 'Show everything' }).click();
  await olga.getByText('Ada pressed STOP on lab-turret').waitFor();
  assert.equal(search(), '?range=all');
});

test('words are typed with a pause after the blank between them, and each change is asked for once', async () => {
  await olga.goto(url('/admin/audit'));
  await entries().first().waitFor();
  const asked = [];
  const keep = (request) => request.url().includes('/api/v1/audit?') && asked.push(new URL(request.url()).searchParams);
  olga.on('request', keep);
  const field = olga.getByLabel('Anything');
  await field.pressSequentially('turn ');
  await eventually(() => assert.equal(search(), '?text=turn'));
  await field.pressSequentially('end');
  await eventually(() => assert.equal(search(), '?text=turn+end'));
  assert.equal(await field.inputValue(), 'turn end');
  await olga.getByLabel('Time').selectOption('hour');
  await eventually(() => assert.equal(asked.length, 3));
  assert.deepEqual(
    asked.map((query) => query.get('text')),
    ['turn', 'turn end', 'turn end'],
  );
  await olga.getByRole('button', { name: 'Clear conditions' }).click();
  await eventually(async () => assert.equal(await field.inputValue(), ''));
  // A link to the plain page takes the choice back, in the lists too.
  await olga.getByLabel('What', { exact: true }).selectOption('stop.press');
  await eventually(() => assert.equal(search(), '?range=hour&action=stop.press'));
  await olga.getByRole('navigation', { name: 'Administration' }).getByRole('link', { name: 'Audit' }).click();
  await eventually(() => assert.equal(search(), ''));
  await eventually(async () => assert.equal(await olga.getByLabel('What', { exact: true }).inputValue(), ''));
  assert.equal(await olga.getByLabel('Time').inputValue(), 'week');
  olga.off('request', keep);
  assertNoFaults(olga);
});

test('the present choice comes as a file of lines, oldest first', async () => {
  await olga.goto(url('/admin/audit?action=turn.'));
  await eventually(async () => assert.ok((await entries().count()) >= 50));
  const [download] = await Promise.all([
    olga.waitForEvent('download'),
    olga.getByRole('link', { name: 'Export' }).click(),
  ]);
  assert.equal(download.suggestedFilename(), 'robohub-audit.ndjson');
  const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\n').map(JSON.parse);
  assert.equal(lines.length, 4 * turns);
  assert.ok(lines.every(({ action, actor }) => action.startsWith('turn.') && /^(Ada|Bob)$/.test(actor.name)));
  assert.ok(lines.every(({ seq }, i) => i === 0 || seq > lines[i - 1].seq));
});

test('the chain is verified, against a head that was written down, and against one that never was', async () => {
  await olga.goto(url('/admin/audit'));
  await olga.getByRole('button', { name: 'Verify chain' }).click();
  await olga.getByRole('button', { name: 'Verify', exact: true }).click();
  await olga.getByText('The chain is whole.').waitFor();
  await assertAccessible(olga, 'verified');
  const head = (await olga.getByRole('group', { name: 'the newest hash' }).innerText()).replaceAll(/\s/g, '');
  assert.match(head, /^[0-9a-f]{64}$/);
  const known = olga.getByLabel('A hash written down earlier');
  await known.fill(head);
  await olga.getByRole('button', { name: 'Verify', exact: true }).click();
  await olga.getByText('The chain is whole.').waitFor();
  await known.fill('ab'.repeat(32));
  await olga.getByRole('button', { name: 'Verify', exact: true }).click();
  await olga.getByText('The chain is broken', { exact: false }).waitFor();
  assertNoFaults(olga);
});

test('a hub that does not answer is said, with another try', async () => {
  await olga.goto(url('/admin/audit'));
  await entries().first().waitFor();
  await olga.route('**/api/v1/audit?*', (route) => route.abort());
  await olga.getByRole('button', { name: 'Refresh' }).click();
  await olga.getByText('The hub does not answer.', { exact: false }).waitFor();
  await assertAccessible(olga, 'not answered');
  await olga.unroute('**/api/v1/audit?*');
  await olga.getByRole('button', { name: 'Try again' }).click();
  await eventually(async () =>
    assert.equal(await olga.getByText('The hub does not answer.', { exact: false }).count(), 0),
  );
});

test('the audit fits a phone, in the dark', async () => {
  const page = await signIn(browser, hub, administrator, '/admin/audit', {
    viewport: { ...phone, width: 360 },
    colorScheme: 'dark',
    hasTouch: true,
  });
  await page.getByText('Ada pressed STOP on lab-turret').click();
  await page.getByRole('button', { name: 'Verify chain' }).click();
  await page.getByLabel('Time').selectOption('custom');
  await page.getByLabel('From').waitFor();
  await assertAccessible(page, 'audit on a phone');
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${over} px wider than the screen`);
  assertNoFaults(page);
  await page.context().close();
});
