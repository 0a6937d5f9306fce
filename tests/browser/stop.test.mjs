// STOP, by everybody who watches, and who may end it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { seeDot } from './support/dot.mjs';
import { Hub } from './support/hub.mjs';
import {
  assertNoFaults,
  clickPicture,
  drive,
  enter,
  eventually,
  openBrowser,
  seePicture,
  turnBar,
} from './support/people.mjs';
import { askDevice } from './support/wire.mjs';

const password = 'correct horse battery staple';
let hub, browser, ada, bob, admin;

before(async () => {
  hub = await Hub.start({ length: '60s' });
  await hub.startTurret();
  browser = await openBrowser();
  ada = await enter(browser, hub, 'Ada');
  bob = await enter(browser, hub, 'Bob');
  await seePicture(ada);
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

/** Shown beside STOP ALL, and told to a screen reader too. */
async function said(page, text) {
  await page.locator('rh-stop-all').getByText(text).waitFor();
  await page.getByRole('alert').filter({ hasText: text }).waitFor({ state: 'attached' });
}

const stopRegion = (page) => page.getByRole('region', { name: 'Stop' });

test('the one-time code makes the first administrator, once', async () => {
  const context = await browser.newContext();
  admin = await context.newPage();
  admin.faults = [];
  await admin.goto(new URL('/setup', hub.url).href);
  await admin.getByText('robohub setup-code --config FILE').waitFor();
  await admin.getByLabel('One-time code').fill('WRONG-CODE');
  await admin.getByLabel('User name').fill('olga');
  await admin.getByLabel('Password').fill(password);
  await admin.getByRole('button', { name: 'Make me the administrator' }).click();
  await admin.getByRole('alert').filter({ hasText: /\S/ }).first().waitFor();
  await admin.getByLabel('One-time code').fill(hub.code);
  await admin.getByRole('button', { name: 'Make me the administrator' }).click();
  await admin.getByRole('heading', { name: 'Devices', level: 1 }).waitFor({ timeout: 20000 });
  await admin.getByRole('link', { name: 'Lab turret' }).click();
  await admin.getByRole('heading', { name: 'Lab turret' }).waitFor();
});

test('somebody who merely watches stops the turret from the keyboard, and the page says what is confirmed', async () => {
  await drive(ada);
  await eventually(async () => assert.ok(await seeDot(ada)));
  await bob.keyboard.press('Escape');
  await bob.keyboard.press('Escape');
  for (const page of [ada, bob, admin]) {
    await stopRegion(page).getByText('Stopped', { exact: true }).waitFor();
    await stopRegion(page)
      .getByText(/Confirmed by the device\. Pressed by Bob\./)
      .waitFor();
  }
  assert.equal((await askDevice(bob)).stop.state, 'confirmed');
  await eventually(async () => assert.equal(await seeDot(ada), null));
});

test('one press of Escape is no stop', async () => {
  await admin.getByRole('button', { name: 'Reset' }).click();
  await eventually(async () => assert.equal((await askDevice(admin)).stop.state, 'none'));
  await bob.keyboard.press('Escape');
  await bob.waitForTimeout(300);
  assert.equal((await askDevice(bob)).stop.state, 'none');
  // Enough for the first press to be forgotten.
  await bob.waitForTimeout(1000);
});

test('a stopped turret ignores clicks, and says so', async () => {
  await bob.getByRole('button', { name: 'Stop Lab turret' }).click();
  await stopRegion(ada).getByText('Stopped', { exact: true }).waitFor();
  assert.equal((await askDevice(ada)).turn.holder?.name, 'Ada'); // a stop takes no turn away
  const where = ada.getByText(/^x \d+, y \d+ counts$/).first();
  const before_click = await where.textContent();
  await clickPicture(ada, { x: 300, y: 300 });
  await ada.locator('rh-laser-turret-aim').getByText('Stopped: nothing moves until the stop is reset.').waitFor();
  await ada.waitForTimeout(400); // what moved would be told by then
  assert.equal(await where.textContent(), before_click);
  assert.equal(await seeDot(ada), null);
});

test('a guest may not reset a stop of a turret with a laser; an administrator may', async () => {
  assert.equal(await stopRegion(ada).getByRole('button', { name: 'Reset' }).count(), 0);
  const refused = await ada.request.post(new URL('/api/v1/devices/lab-turret/stop/reset', hub.url).href, {
    headers: { Origin: new URL(hub.url).origin, 'Content-Type': 'application/json' },
    data: {},
  });
  assert.equal(refused.status(), 403);
  await stopRegion(admin).getByRole('button', { name: 'Reset' }).focus();
  await admin.keyboard.press('Enter');
  await eventually(async () => assert.equal((await askDevice(admin)).stop.state, 'none'));
  // The button is gone: the keyboard's place is kept beside it.
  const stop = admin.getByRole('button', { name: 'Stop Lab turret' });
  await eventually(async () => assert.ok(await stop.evaluate((button) => button.matches(':focus'))));
  await eventually(async () => assert.equal(await stopRegion(ada).getByText('Stopped', { exact: true }).count(), 0));
});

test('after the reset a turn aims again', async () => {
  const mine = await turnBar(ada).getByRole('button', { name: 'Give back' }).count();
  if (!mine) await ada.getByRole('button', { name: 'Drive now' }).click();
  // What a halt put out within a turn stays out until whoever drives aims again.
  await clickPicture(ada, { x: 300, y: 320 });
  await eventually(async () => assert.ok(await seeDot(ada)), 8000);
});

test('STOP ALL is in reach on every page, and tells the outcome', async () => {
  await bob.goto(new URL('/', hub.url).href);
  await bob.getByRole('button', { name: 'Stop all devices' }).click();
  await said(bob, 'All 1 confirmed.');
  await bob.getByText('Stopped', { exact: true }).first().waitFor();
  await stopRegion(admin).getByText('Stopped', { exact: true }).waitFor();
});

test('a Reset that is refused is told, and no longer once the stop is another', async () => {
  const refusal = 'Not reset: There is no connection to the hub right now.';
  await hub.kill();
  await stopRegion(admin).getByText('Stopped when last heard').waitFor({ timeout: 10000 });
  await stopRegion(admin).getByRole('button', { name: 'Reset' }).click();
  await stopRegion(admin).getByText(refusal).waitFor();
  await stopRegion(admin).getByText('The connection is lost; this may be old.').waitFor();
  await admin.getByRole('alert').filter({ hasText: refusal }).waitFor({ state: 'attached' });
  await hub.restart();
  await stopRegion(admin)
    .getByText(/Confirmed by the device\./)
    .waitFor({ timeout: 30000 });
  assert.equal(await stopRegion(admin).getByText(refusal).count(), 0);
});

test('a stop that is pressed while the page reconnects goes with the new connection, though its request hangs', async () => {
  await stopRegion(admin).getByRole('button', { name: 'Reset' }).click();
  await eventually(async () => assert.equal((await askDevice(admin)).stop.state, 'none'));
  await hub.kill();
  await turnBar(admin).getByRole('heading', { name: 'Reconnecting…' }).waitFor();
  // As in a browser that waits for connections which died with the network.
  await admin.route('**/api/v1/devices/lab-turret/stop', () => undefined);
  await admin.getByRole('button', { name: 'Stop Lab turret' }).click();
  await stopRegion(admin).getByText('Stop did NOT reach the hub').waitFor();
  await hub.restart();
  await stopRegion(admin)
    .getByText(/Confirmed by the device\./)
    .waitFor({ timeout: 30000 });
  await admin.unroute('**/api/v1/devices/lab-turret/stop');
});

test('where there is no device, STOP ALL says so', async () => {
  const empty = await Hub.start();
  try {
    const page = await enter(browser, empty, 'Cleo', '/');
    await page.getByRole('button', { name: 'Stop all devices' }).click();
    await said(page, 'There is no device to stop.');
    assertNoFaults(page);
    await page.context().close();
  } finally {
    await empty.end();
  }
});

test('nothing went wrong in any page', () => {
  assertNoFaults(ada, bob, admin);
});
