// The configuration on the page: what runs and from where, a text checked before it is used, a reload.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { administrator, setUp, signIn } from './support/accounts.mjs';
import { Hub } from './support/hub.mjs';
import { assertAccessible, assertNoFaults, eventually, openBrowser, phone } from './support/people.mjs';

let hub, browser, olga;

before(async () => {
  hub = await Hub.start({ length: '300s' });
  browser = await openBrowser();
  olga = await setUp(browser, hub);
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

const url = (path) => new URL(path, hub.url).href;
const row = (path) => olga.getByRole('row', { name: new RegExp(`^${path.replaceAll('.', '\\.')} `) });

test('each value says where it comes from, what differs from the default, and what needs a restart', async () => {
  await olga.goto(url('/admin/config'));
  await row('turns.length').getByText('5m', { exact: true }).waitFor();
  await row('turns.length')
    .getByRole('cell', { name: /^line \d+$/ })
    .waitFor();
  await row('turns.length').getByText('Changed').waitFor();
  await row('server.data').getByText('command line').waitFor();
  await row('server.data').getByText('Needs a restart').waitFor();
  await row('turns.grace').getByText('default', { exact: true }).waitFor();
  assert.equal(await row('turns.grace').getByText('Changed').count(), 0);
  await assertAccessible(olga, 'configuration');
});

test('settings are searched, and narrowed to what was changed', async () => {
  await olga.goto(url('/admin/config'));
  await olga.getByRole('searchbox').fill('turns length');
  await row('turns.length').waitFor();
  assert.equal(await olga.getByRole('heading', { name: 'server', exact: true }).count(), 0);
  await olga.getByRole('searchbox').fill('nothing like it');
  await olga.getByText('No setting matches').waitFor();
  await assertAccessible(olga, 'no setting found');
  await olga.getByRole('button', { name: 'Show all settings' }).click();
  await olga.getByLabel('Only what differs from the default').check();
  await row('turns.length').waitFor();
  await eventually(async () => assert.equal(await row('turns.grace').count(), 0));
});

test('a text is checked before it is used: faults lead to their place, changes are listed, nothing is changed', async () => {
  await olga.goto(url('/admin/config'));
  await olga.getByText('Check a new configuration').click();
  const text = olga.getByLabel('Text of the file');
  await text.fill('turns:\n  length: 90s\n  lenght: 3\n');
  await olga.getByRole('button', { name: 'Check', exact: true }).click();
  await olga.getByText('The hub would refuse it', { exact: false }).waitFor();
  await assertAccessible(olga, 'a fault');
  await olga.getByRole('listitem').filter({ hasText: 'lenght' }).getByRole('button').first().click();
  const chosen = await text.evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd));
  assert.match(chosen, /lenght/);
  await text.fill('turns:\n  length: 90s\n');
  await olga.getByRole('button', { name: 'Check', exact: true }).click();
  await olga.getByText('The hub would take it.').waitFor();
  const change = olga.getByRole('table', { name: 'What would change' }).getByRole('row', { name: /turns\.length/ });
  await change.getByText('5m').waitFor();
  await assertAccessible(olga, 'changes');
  // What is said of one text holds for no other one.
  await text.fill('turns:\n  length: 90s\n  lenght: 3\n');
  await olga.getByText('The hub would take it.').waitFor({ state: 'detached' });
  const running = await (await olga.request.get(url('/api/v1/config'))).json();
  assert.equal(running.keys.find(({ path }) => path === 'turns.length').value, '5m');
});

test('a reload says what came into force and what needs a restart', async () => {
  await hub.configure((text) => text.replace('length: 300s', 'length: 2m').replace('play: true', 'play: false'));
  await hub.configure((text) => text.replace('server:', 'server:\n  loops: 1'));
  await olga.goto(url('/admin/config'));
  await olga.getByRole('button', { name: 'Reload the file' }).click();
  await olga.getByRole('dialog', { name: 'Reload the configuration?' }).waitFor();
  await olga.getByRole('button', { name: 'Reload', exact: true }).click();
  await olga.getByText('Needs a restart of the hub:').waitFor();
  const outcome = olga.getByRole('status').filter({ hasText: 'In force' });
  for (const path of ['turns.length', 'guests.play', 'server.loops']) await outcome.getByText(path).waitFor();
  await assertAccessible(olga, 'reloaded');
  await row('turns.length').getByText('2m', { exact: true }).waitFor();
});

test('a file with a fault changes nothing, and the page says every fault with its line', async () => {
  await hub.configure((text) => text.replace('length: 2m', 'length: soon'));
  await olga.getByRole('button', { name: 'Reload the file' }).click();
  await olga.getByRole('button', { name: 'Reload', exact: true }).click();
  await olga.getByText('Nothing was changed', { exact: false }).waitFor();
  await olga
    .getByText(/robohub\.yaml:\d+/)
    .first()
    .waitFor();
  await assertAccessible(olga, 'refused');
  await row('turns.length').getByText('2m', { exact: true }).waitFor();
  await olga.reload();
  await olga.getByText('Last reload', { exact: false }).waitFor();
  assertNoFaults(olga);
});

test('the configuration fits a phone, in the dark', async () => {
  const page = await signIn(browser, hub, administrator, '/admin/config', {
    viewport: { ...phone, width: 360 },
    colorScheme: 'dark',
    hasTouch: true,
  });
  await page.getByText('Check a new configuration').click();
  await page.getByRole('row', { name: /^turns\.length / }).waitFor();
  await assertAccessible(page, 'configuration on a phone');
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${over} px wider than the screen`);
  assertNoFaults(page);
  await page.context().close();
});
