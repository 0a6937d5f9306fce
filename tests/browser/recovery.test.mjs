// What a person keeps when a page is reloaded, a second tab opens, or the hub goes away.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { distance, seeDot } from './support/dot.mjs';
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

let hub, browser, ada;

before(async () => {
  hub = await Hub.start({ length: '120s', grace: '10s' });
  await hub.startTurret();
  browser = await openBrowser();
  ada = await enter(browser, hub, 'Ada');
  await seePicture(ada);
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

async function aims(page, point) {
  await clickPicture(page, point);
  await eventually(async () => assert.ok(distance(await seeDot(page), point) <= 6));
}

test('a reload keeps the turn, and driving goes on', async () => {
  await drive(ada);
  const { turn } = await askDevice(ada);
  await ada.reload();
  await turnBar(ada).getByRole('heading', { name: 'Your turn', exact: true }).waitFor();
  assert.equal((await askDevice(ada)).turn.epoch, turn.epoch);
  await seePicture(ada);
  await aims(ada, { x: 300, y: 300 });
});

test('a reload keeps a half-made calibration, and cancelling keeps the old one', async () => {
  await ada.getByRole('button', { name: 'Calibrate…' }).click();
  await ada.getByRole('button', { name: 'Take point 1' }).click();
  await ada.getByRole('heading', { name: 'Point 2 of 4' }).waitFor();
  await ada.reload();
  await ada.getByRole('heading', { name: 'Point 2 of 4' }).waitFor();
  await ada.getByRole('button', { name: 'Point 1, taken' }).waitFor();
  await ada.getByRole('button', { name: 'Cancel' }).click();
  await ada.getByText('Cancelled. The old calibration is as it was.').waitFor();
  await turnBar(ada).getByRole('heading', { name: 'Your turn', exact: true }).waitFor();
  await seePicture(ada);
  await aims(ada, { x: 260, y: 330 });
});

test('who leaves the device page and comes back within the grace time drives on', async () => {
  const { turn } = await askDevice(ada);
  await ada.getByRole('link', { name: 'All devices', exact: true }).click();
  await ada.getByRole('heading', { level: 1, name: 'Devices' }).waitFor();
  // Without a page that shows the device its holder is away: the hub counts the grace time down.
  await eventually(async () => assert.notEqual((await askDevice(ada)).turn.grace_ms, null));
  await ada.goBack();
  await turnBar(ada).getByRole('heading', { name: 'Your turn', exact: true }).waitFor();
  assert.equal((await askDevice(ada)).turn.epoch, turn.epoch);
  await seePicture(ada);
  await aims(ada, { x: 260, y: 330 });
  await ada.waitForTimeout(1000); // twice the dead-man: only this page's beats keep the light on
  assert.ok(distance(await seeDot(ada), { x: 260, y: 330 }) <= 6);
});

test('of two tabs one drives, and the other may take over', async () => {
  const second = await ada.context().newPage();
  second.faults = [];
  await second.goto(new URL('/devices/lab-turret', hub.url).href);
  await turnBar(second).getByRole('heading', { name: 'Your turn, in another tab' }).waitFor();
  await seePicture(second);
  await clickPicture(second, { x: 420, y: 420 });
  await second.getByText('You are driving in another tab.').first().waitFor();
  assert.ok(distance(await seeDot(second), { x: 260, y: 330 }) <= 6);
  await second.getByRole('button', { name: 'Drive from here' }).click();
  await turnBar(second).getByRole('heading', { name: 'Your turn', exact: true }).waitFor();
  await turnBar(ada).getByRole('heading', { name: 'Your turn, in another tab' }).waitFor();
  await aims(second, { x: 380, y: 300 });
  await ada.getByRole('button', { name: 'Drive from here' }).click();
  await second.close();
});

test('a tab that is opened behind others asks for no picture until it is looked at', async () => {
  const behind = await ada.context().newPage();
  // This browser takes every tab for visible. One in the background is hidden from the start, and is told nothing.
  await behind.addInitScript(() => {
    let state = 'hidden';
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
    window.addEventListener('looked-at', () => {
      state = 'visible';
      document.dispatchEvent(new Event('visibilitychange'));
    });
  });
  const asked = [];
  behind.on('request', (request) => {
    if (request.url().includes('/streams/')) asked.push(request.url());
  });
  await behind.goto(new URL('/devices/lab-turret', hub.url).href);
  await behind.getByText('Paused', { exact: true }).waitFor({ timeout: 20000 });
  await behind.waitForTimeout(1000);
  assert.deepEqual(asked, []);
  await behind.evaluate(() => window.dispatchEvent(new Event('looked-at')));
  await seePicture(behind);
  await behind.close();
});

test('a page that is hidden gives its picture’s connection back, and has it again when it is looked at', async () => {
  const second = await ada.context().newPage();
  await second.addInitScript(() => {
    let state = 'visible';
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
    window.addEventListener('looked-at', ({ detail }) => {
      state = detail;
      document.dispatchEvent(new Event('visibilitychange'));
    });
  });
  await second.goto(new URL('/devices/lab-turret', hub.url).href);
  await seePicture(second);
  // The element itself: taken off the page it would go on reading until it is collected.
  const image = await second.getByRole('img', { name: /^Live picture/ }).elementHandle();
  await second.evaluate(() => window.dispatchEvent(new CustomEvent('looked-at', { detail: 'hidden' })));
  await second.getByText('Paused', { exact: true }).waitFor({ timeout: 20000 });
  assert.equal(await image.evaluate((element) => element.getAttribute('src')), null);
  await second.evaluate(() => window.dispatchEvent(new CustomEvent('looked-at', { detail: 'visible' })));
  await seePicture(second);
  await second.close();
});

test('when the hub goes away the page says so and stays, and comes back by itself', async () => {
  await hub.kill();
  await ada.getByText(/Reconnecting… in \d+ s/).waitFor({ timeout: 10000 });
  await turnBar(ada).getByRole('heading', { name: 'Reconnecting…' }).waitFor();
  await ada.getByRole('heading', { name: 'Lab turret' }).waitFor();
  await hub.restart();
  await eventually(async () => assert.equal(await ada.getByText(/Reconnecting…/).count(), 0), 20000);
  await ada.getByText('Online', { exact: true }).waitFor({ timeout: 20000 });
  await seePicture(ada);
});

test('after that the session still holds, and a turn drives again', async () => {
  const give = ada.getByRole('button', { name: 'Give back' });
  const join = ada.getByRole('button', { name: 'Drive now' });
  await give.or(join).waitFor({ timeout: 20000 });
  if (await join.count()) await join.click();
  await turnBar(ada).getByRole('heading', { name: 'Your turn', exact: true }).waitFor();
  await eventually(async () => assert.ok(await seeDot(ada)), 10000);
  await aims(ada, { x: 340, y: 280 });
});

test('a STOP pressed while the hub is away is not claimed to have worked, and is sent when it is back', async () => {
  await hub.kill();
  await turnBar(ada).getByRole('heading', { name: 'Reconnecting…' }).waitFor();
  await ada.getByRole('button', { name: 'Stop Lab turret' }).click();
  await ada.getByText('Stop did NOT reach the hub').first().waitFor();
  await hub.restart();
  await ada.getByRole('region', { name: 'Stop' }).getByText('Stopped', { exact: true }).waitFor({ timeout: 30000 });
});

test('a device whose commands could not be read says so, and has them once the hub is back', async () => {
  const second = await ada.context().newPage();
  await second.goto(hub.url);
  await second.route('**/api/v1/devices/lab-turret', (route) => route.abort());
  await second.getByRole('link', { name: /Lab turret/ }).click();
  await second.getByText('Its commands could not be read.').waitFor();
  await second.unroute('**/api/v1/devices/lab-turret');
  await second.getByRole('button', { name: 'Try again' }).click();
  await second.getByRole('heading', { name: 'Commands' }).waitFor();
  assert.equal(await second.getByText('Its commands could not be read.').count(), 0);
  await second.getByRole('link', { name: 'All devices', exact: true }).click();

  await second.route('**/api/v1/devices/lab-turret', (route) => route.abort());
  await second.getByRole('link', { name: /Lab turret/ }).click();
  await second.getByText('Its commands could not be read.').waitFor();
  await second.unroute('**/api/v1/devices/lab-turret');
  await hub.kill();
  await second
    .getByText(/Reconnecting…/)
    .first()
    .waitFor({ timeout: 10000 });
  await hub.restart();
  await second.getByRole('heading', { name: 'Commands' }).waitFor({ timeout: 30000 });
  await second.close();
});

test('panels whose code does not come say so, over the picture too, and come with the page', async () => {
  const second = await ada.context().newPage();
  await second.route('**/plugins/laser_turret/**', (route) => route.abort());
  await second.goto(new URL('/devices/lab-turret', hub.url).href);
  for (const panel of ['Aim', 'Turret']) await second.getByText(`The panel “${panel}” could not be loaded`).waitFor();
  assert.equal(await second.getByRole('application', { name: /Aim the laser/ }).count(), 0);
  // However long the address is that the reason names.
  const over = await second.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(over, 0);
  await second.unroute('**/plugins/laser_turret/**');
  await second.getByRole('button', { name: 'Load the page again' }).first().click();
  await second.getByRole('switch', { name: 'Laser' }).waitFor();
  await second.getByRole('application', { name: /Aim the laser/ }).waitFor();
  assert.equal(await second.getByText('could not be loaded').count(), 0);
  await second.close();
});

test('a device that is revoked while the hub is away is not shown as if it were there', async () => {
  await hub.command('device', 'enrol', 'spare', '--type', 'laser_turret', '--name', 'Spare turret');
  const second = await ada.context().newPage();
  await second.goto(new URL('/devices/spare', hub.url).href);
  await second.getByRole('heading', { name: 'Spare turret' }).waitFor();
  await hub.kill();
  await second
    .getByText(/Reconnecting…/)
    .first()
    .waitFor({ timeout: 10000 });
  await hub.command('device', 'revoke', 'spare');
  await hub.restart();
  await second.getByRole('heading', { name: 'There is no such device' }).waitFor({ timeout: 30000 });
  await second.close();
});

test('a session that ends elsewhere ends here too, and the page says why', async () => {
  const second = await ada.context().newPage();
  await second.goto(hub.url);
  await second.getByRole('button', { name: /^Ada, guest/ }).click();
  await second.getByRole('button', { name: 'Sign out' }).click();
  await second.getByLabel('Your name').waitFor();
  assert.equal(await second.getByText('Your session has ended').count(), 0);
  await ada.getByText('Your session has ended. Enter again to go on.').waitFor();
  assert.equal(await ada.getByLabel('Your name').inputValue(), 'Ada');
  await ada.getByRole('button', { name: 'Enter', exact: true }).click();
  await ada.getByRole('heading', { name: 'Lab turret' }).waitFor();
  await second.close();
});

test('nothing went wrong in the page', () => {
  assertNoFaults(ada);
});
