// Who keeps a line in order: skip, remove, hold and release, take over, bans; and what the others are told.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setUp } from './support/accounts.mjs';
import { seeDot } from './support/dot.mjs';
import { Hub } from './support/hub.mjs';
import {
  assertAccessible,
  assertNoFaults,
  drive,
  enter,
  eventually,
  openBrowser,
  phone,
  turnBar,
} from './support/people.mjs';
import { askDevice, sayOnWire } from './support/wire.mjs';

let hub, browser, olga, ada, bob;

before(async () => {
  hub = await Hub.start({ length: '300s' });
  await hub.startTurret();
  browser = await openBrowser();
  olga = await setUp(browser, hub);
  await olga.goto(url('/devices/lab-turret'));
  await olga.getByRole('heading', { name: 'Moderate' }).waitFor();
  ada = await enter(browser, hub, 'Ada');
  bob = await enter(browser, hub, 'Bob');
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

const url = (path) => new URL(path, hub.url).href;
const title = (page, name) => turnBar(page).getByRole('heading', { name });
const join = (page) => page.getByRole('button', { name: 'Join the line' }).click();

async function say(page, text) {
  await page.locator('rh-toast').getByText(text).waitFor();
}

test('only who may moderate is offered it, and nobody else does it behind the page', async () => {
  await drive(ada);
  await join(bob);
  await olga.getByRole('button', { name: 'Moderate Ada' }).waitFor();
  await olga.getByRole('button', { name: 'Moderate Bob' }).waitFor();
  for (const page of [ada, bob]) {
    assert.equal(await page.getByRole('heading', { name: 'Moderate' }).count(), 0);
    assert.equal(await page.getByRole('button', { name: /^Moderate / }).count(), 0);
  }
  const device = 'lab-turret';
  const heard = await sayOnWire(bob, [
    { type: 'moderate', device, action: 'skip', ref: 'a' },
    { type: 'moderate', device, action: 'take_over', ref: 'b' },
  ]);
  const codes = heard.filter(({ type }) => type === 'error').map(({ ref, code }) => [ref, code]);
  assert.deepEqual(codes.sort(), [
    ['a', 'permission_denied'],
    ['b', 'permission_denied'],
  ]);
  assert.equal((await askDevice(ada)).turn.holder.name, 'Ada');
});

test('a turn is skipped: the next in line drives, and the one who was skipped is told', async () => {
  await olga.getByRole('button', { name: 'Skip this turn' }).click();
  await say(olga, 'The turn of Ada is over.');
  await title(bob, 'Your turn').waitFor();
  await turnBar(ada).getByText('A moderator ended your turn.').waitFor();
});

test('somebody is taken out of the line with the keyboard alone, and told so', async () => {
  await join(ada);
  const more = olga.getByRole('button', { name: 'Moderate Ada' });
  await more.focus();
  await olga.keyboard.press('Enter');
  const menu = olga.getByRole('menu', { name: 'Moderate Ada' });
  await menu.waitFor();
  await assertAccessible(olga, 'menu of a person');
  await olga.keyboard.press('ArrowDown');
  await olga.keyboard.press('ArrowDown');
  await olga.keyboard.press('Escape');
  await menu.waitFor({ state: 'detached' });
  assert.ok(await more.evaluate((button) => button.getRootNode().activeElement === button), 'the focus came back');
  await olga.keyboard.press('ArrowDown');
  await olga.keyboard.press('Enter');
  await say(olga, 'Ada is no longer in the line.');
  await turnBar(ada).getByText('A moderator took you out of the line.').waitFor();
  assert.deepEqual((await askDevice(ada)).turn.waiting, []);
});

test('a held line says by whom and why to everybody, gives no turn, and goes on when it is released', async () => {
  await join(ada);
  await olga.getByRole('button', { name: 'Hold the line…' }).click();
  await assertAccessible(olga, 'holding the line');
  await olga.getByLabel('Reason').fill('cleaning the lens');
  await olga.getByRole('button', { name: 'Hold the line', exact: true }).click();
  for (const page of [olga, ada, bob])
    await page.getByText('Held by olga: cleaning the lens', { exact: true }).waitFor();
  await title(bob, 'Your turn').waitFor();
  await bob.getByRole('button', { name: 'Give back' }).click();
  await title(bob, 'The line is held').waitFor();
  await title(ada, 'You are next').waitFor();
  await turnBar(ada).getByText('Your place is kept').waitFor();
  assert.equal((await askDevice(ada)).turn.holder, null);
  await assertAccessible(ada, 'waiting in a held line');
  await olga.getByRole('button', { name: 'Release the line' }).click();
  await title(ada, 'Your turn').waitFor();
  await eventually(async () => assert.equal(await ada.getByText('Held by olga').count(), 0));
});

test('a moderator takes over after a question, drives in that very tab, and gives back', async () => {
  await join(bob);
  await olga.getByRole('button', { name: 'Take over…' }).click();
  await olga.getByRole('dialog', { name: 'Take over from Ada?' }).waitFor();
  await assertAccessible(olga, 'question before taking over');
  await olga.keyboard.press('Escape');
  assert.equal((await askDevice(ada)).turn.holder.name, 'Ada');
  await olga.getByRole('button', { name: 'Take over…' }).click();
  await olga.getByRole('button', { name: 'Take over', exact: true }).click();
  await title(olga, 'Your turn').waitFor();
  await turnBar(ada).getByText('Your turn was taken over.').waitFor();
  await eventually(async () => assert.ok(await seeDot(olga), 'her beats keep the turret alive'));
  const { waiting } = (await askDevice(olga)).turn;
  assert.deepEqual(
    waiting.map(({ name }) => name),
    ['Bob'],
  );
  await olga.getByRole('button', { name: 'Give back' }).click();
  await title(bob, 'Your turn').waitFor();
});

test('a guest is kept away for a while: out of the turn, told why when coming back, and back once it is lifted', async () => {
  await olga.getByRole('button', { name: 'Moderate Bob' }).click();
  await olga.getByRole('menuitem', { name: 'Keep away for a while…' }).click();
  await olga.getByRole('dialog', { name: 'Keep Bob away from Lab turret?' }).waitFor();
  await olga.getByLabel('1 hour').check();
  await olga.getByLabel('Reason').fill('drove against the shelf');
  await assertAccessible(olga, 'banning');
  await olga.getByRole('button', { name: 'Keep away', exact: true }).click();
  await say(olga, 'Bob is kept away for a while.');
  await eventually(async () => assert.equal((await askDevice(bob)).turn.holder, null));
  await bob.getByRole('button', { name: /Drive now|Join the line/ }).click();
  await turnBar(bob).getByText('drove against the shelf').waitFor();

  await olga.getByRole('button', { name: 'Bans…' }).click();
  const row = olga.getByRole('dialog').getByRole('row', { name: /Bob/ });
  await row.getByText('drove against the shelf').waitFor();
  await assertAccessible(olga, 'bans of a device');
  await olga.getByRole('button', { name: 'Close' }).click();

  await olga.goto(url('/admin/bans'));
  const everywhere = olga.getByRole('row', { name: /Bob/ });
  await everywhere.getByRole('link', { name: 'lab-turret' }).waitFor();
  await assertAccessible(olga, 'all bans');
  await olga.getByRole('button', { name: 'Lift the ban of Bob' }).click();
  await say(olga, 'Bob may come back.');
  await olga.getByText('Nobody is banned').waitFor();
  await assertAccessible(olga, 'no bans');
  await bob.getByRole('button', { name: /Drive now|Join the line/ }).click();
  await title(bob, 'Your turn').waitFor();
});

test('a guest is banned from the whole hub, whose session ends', async () => {
  await olga.goto(url('/admin/bans'));
  await olga.getByRole('button', { name: 'Ban a guest…' }).click();
  await olga.getByRole('button', { name: /^Bob/ }).waitFor();
  await assertAccessible(olga, 'whom to ban');
  await olga.getByRole('button', { name: /^Bob/ }).click();
  await olga.getByRole('button', { name: 'Ban', exact: true }).click();
  await olga.getByRole('row', { name: /Bob/ }).getByText('the whole hub').waitFor();
  await bob.getByText('Your session has ended', { exact: false }).waitFor({ timeout: 5000 });
  await olga.getByRole('button', { name: 'Lift the ban of Bob' }).click();
  await olga.getByText('Nobody is banned').waitFor();
});

test('the audit tells of all that in sentences', async () => {
  await olga.goto(url('/admin/audit?action=turn.'));
  const entries = olga.getByRole('listitem');
  for (const sentence of [
    'olga skipped Ada’s turn on lab-turret',
    'olga took Ada out of the line on lab-turret',
    'olga held the line on lab-turret: cleaning the lens',
    'olga released the line on lab-turret',
    'olga took over lab-turret',
  ]) {
    await entries.filter({ hasText: sentence }).first().waitFor();
  }
  await olga.goto(url('/admin/audit?action=ban.'));
  await entries.filter({ hasText: 'olga banned Bob from lab-turret: drove against the shelf' }).waitFor();
  await entries.filter({ hasText: 'olga banned Bob from the whole hub' }).waitFor();
  assertNoFaults(olga, ada, bob);
});

test('moderating fits a phone, in the dark', async () => {
  await olga.setViewportSize({ ...phone, width: 360 });
  await olga.emulateMedia({ colorScheme: 'dark' });
  await drive(ada);
  await olga.goto(url('/devices/lab-turret'));
  await olga.getByRole('button', { name: 'Moderate Ada' }).click();
  const menu = await olga.getByRole('menu').boundingBox();
  assert.ok(menu.x >= 0 && menu.x + menu.width <= 360, `the menu lies at ${menu.x}, ${menu.width} wide`);
  await assertAccessible(olga, 'moderating on a phone');
  for (const path of ['/devices/lab-turret', '/admin/bans']) {
    await olga.goto(url(path));
    await olga.getByRole('heading', { level: 1 }).waitFor();
    await olga.waitForLoadState('networkidle');
    const over = await olga.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(over <= 0, `${path} is ${over} px wider than the screen`);
  }
  assertNoFaults(olga);
});
