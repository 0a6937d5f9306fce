// Devices without our agent: they wait to be accepted, are refused, say what a stop cannot promise, and how they come in.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setUp } from './support/accounts.mjs';
import { Hub } from './support/hub.mjs';
import { assertAccessible, assertNoFaults, enter, eventually, openBrowser, phone } from './support/people.mjs';

const slow_ms = 20000;
let hub, browser, olga;

before(async () => {
  hub = await Hub.start({}, ['robots:', '  listen: 127.0.0.1:0', '  accept: ask']);
  browser = await openBrowser();
  olga = await setUp(browser, hub);
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

const url = (path) => new URL(path, hub.url).href;
const waiting = (page) => page.getByRole('heading', { name: /^(One device waits|\d+ devices wait) to be accepted$/ });

test('a robot that nobody knows waits on the page of devices, which notices by itself', async () => {
  await olga.goto(url('/admin/devices'));
  await olga.getByRole('heading', { name: 'No devices yet' }).waitFor();
  assert.equal(await waiting(olga).count(), 0);
  await hub.startRobot('1as6df', 'Robot X');
  await waiting(olga).waitFor({ timeout: slow_ms });
  const row = olga.getByRole('row', { name: /Robot X/ });
  await row.getByText('1as6df').waitFor();
  await row.getByText('Robot (TCP)').waitFor();
  await row.getByText('127.0.0.1').waitFor();
  await assertAccessible(olga, 'a device waits');
});

test('it is accepted under a name and an id, and is a device then', async () => {
  await olga.getByRole('button', { name: 'Accept Robot X' }).click();
  const id = olga.getByLabel('Id', { exact: true });
  assert.equal(await id.inputValue(), 'robot-x');
  await olga.getByRole('textbox', { name: 'Name' }).fill('Yard robot');
  assert.equal(await id.inputValue(), 'yard-robot');
  await assertAccessible(olga, 'accepting');
  await olga.getByRole('button', { name: 'Accept', exact: true }).click();
  await olga.locator('rh-toast').getByText('Yard robot is accepted.').waitFor({ timeout: slow_ms });
  await waiting(olga).waitFor({ state: 'detached' });
  const row = olga.getByRole('row', { name: /Yard robot/ });
  await row.getByText('Online').waitFor({ timeout: slow_ms });
  await row.getByText('by Robot (TCP)').waitFor();
  await row.getByText('Stop is not confirmed').waitFor();
});

test('its page says what a stop cannot promise, beside the button, and the stop is sent all the same', async () => {
  const ada = await enter(browser, hub, 'Ada', '/');
  const card = ada.locator('rh-device-card');
  await card.getByText('Stop is not confirmed').waitFor();
  await ada.getByRole('link', { name: 'Yard robot' }).click();
  const notice = 'Stop is sent to this device, which cannot confirm it. It has no dead-man of its own.';
  await ada.getByText(notice).waitFor();
  const stop = ada.getByRole('button', { name: 'Stop Yard robot' });
  assert.ok(await stop.isVisible());
  await ada.getByRole('group', { name: 'Chart of Orientation, in °' }).waitFor({ timeout: slow_ms });
  await assertAccessible(ada, 'a device that cannot confirm a stop');
  await stop.click();
  await ada.getByText('Stop NOT confirmed', { exact: true }).waitFor({ timeout: slow_ms });
  await ada.setViewportSize(phone);
  const [button, told] = await Promise.all([stop.boundingBox(), ada.getByText(notice).boundingBox()]);
  assert.ok(button.y + button.height <= phone.height && told.y > 0 && told.y < button.y, 'both in sight on a phone');
  await olga.goto(url('/admin/devices/yard-robot'));
  await olga.getByText(notice).waitFor();
  assert.equal(await olga.getByRole('heading', { name: 'Certificates' }).count(), 0);
  assertNoFaults(ada, olga);
  await ada.context().close();
});

test('what it can do is asked for again when it comes back, and its panels change with that', async () => {
  await hub.endAgents();
  const ada = await enter(browser, hub, 'Ada', '/');
  // As if less were known of it while it is away.
  await ada.route('**/api/v1/devices/yard-robot', async (route) => {
    const answer = await route.fetch();
    const device = await answer.json();
    device.type_info.commands = device.type_info.commands.filter(({ name }) => name !== 'buzzer');
    await route.fulfill({ response: answer, json: device });
  });
  await ada.getByRole('link', { name: 'Yard robot' }).click();
  await ada.getByText(/^Offline, /).waitFor({ timeout: slow_ms });
  await ada.getByRole('switch', { name: 'Light' }).waitFor();
  assert.equal(await ada.getByRole('switch', { name: 'Buzzer' }).count(), 0);
  await ada.unroute('**/api/v1/devices/yard-robot');
  await hub.startRobot('1as6df', 'Robot X');
  await ada.getByRole('switch', { name: 'Buzzer' }).waitFor({ timeout: slow_ms });
  assertNoFaults(ada);
  await ada.context().close();
});

test('one that is refused is turned away', async () => {
  await olga.goto(url('/admin/devices'));
  const robot = await hub.startRobot('../lab/7', 'Stranger');
  await olga.getByRole('button', { name: 'Refuse Stranger' }).click({ timeout: slow_ms });
  await olga.getByRole('heading', { name: 'Refuse Stranger?' }).waitFor();
  await olga.getByRole('button', { name: 'Refuse it' }).click();
  await olga.locator('rh-toast').getByText('Stranger is refused for a day.').waitFor({ timeout: slow_ms });
  await waiting(olga).waitFor({ state: 'detached' });
  await eventually(() => assert.notEqual(robot.exitCode, null), slow_ms);
});

test('what cannot be accepted as it is says why', async () => {
  await olga.route('**/api/v1/pending', (route) =>
    route.fulfill({
      json: {
        pending: [
          {
            link: 'robot_tcp',
            foreign_id: 'x1',
            name: '',
            address: '192.0.2.7',
            since_ms: Date.now() - 60000,
            type: '',
            refused: 'The plugin motor_robot is not installed.',
          },
        ],
      },
    }),
  );
  await olga.getByText('The plugin motor_robot is not installed.').waitFor({ timeout: slow_ms });
  assert.ok(await olga.getByRole('button', { name: 'Accept x1' }).isDisabled());
  await olga.setViewportSize(phone);
  await olga.emulateMedia({ colorScheme: 'dark' });
  // The page takes its time to become narrow and dark.
  await eventually(() => assertAccessible(olga, 'pending on a phone, in the dark'), slow_ms);
  await eventually(async () => {
    const wide = await olga.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(wide, 0, 'nothing is wider than the phone');
  }, slow_ms);
  await olga.unroute('**/api/v1/pending');
  await olga.setViewportSize({ width: 1280, height: 800 });
  await olga.emulateMedia({ colorScheme: null });
});

test('enrolling says of each kind how it comes in', async () => {
  await olga.getByRole('button', { name: 'Enrol a device' }).click();
  const way = olga.getByLabel('How it connects');
  await way.selectOption('robot_tcp');
  await olga.getByText(/robots\.listen.*start the hub again.*When it comes, it waits on this page/s).waitFor();
  assert.equal(await olga.getByRole('button', { name: 'Enrol', exact: true }).count(), 0);
  await way.selectOption('mqtt');
  await olga.getByText(/devices\.NAME\.mqtt.*After a restart of the hub it is in this list\./s).waitFor();
  await assertAccessible(olga, 'enrolling over MQTT');
  await way.selectOption('cloudtalker');
  await olga.getByRole('textbox', { name: 'Name' }).fill('Old camera');
  await eventually(async () =>
    assert.equal(await olga.getByLabel('Type', { exact: true }).inputValue(), 'cloud_camera'),
  );
  await olga.getByRole('button', { name: 'Enrol', exact: true }).click();
  await olga.getByRole('heading', { name: 'Old camera is enrolled' }).waitFor({ timeout: slow_ms });
  // A refusal is told inside the dialog, where it can be read and put away.
  await olga.route('**/certificates', (route) => {
    if (route.request().method() !== 'POST') return route.fallback();
    const body = JSON.stringify({ status: 409, code: 'conflict', detail: 'No certificate today.' });
    return route.fulfill({ status: 409, contentType: 'application/problem+json', body });
  });
  const dialog = olga.getByRole('dialog', { name: 'Old camera is enrolled' });
  await dialog.getByRole('button', { name: 'Issue one' }).click();
  await dialog.getByRole('status').filter({ hasText: 'No certificate today.' }).waitFor();
  await dialog.getByRole('button', { name: 'Dismiss' }).click();
  await olga.unroute('**/certificates');
  await olga.getByText('Waiting for it…').waitFor();
  // Its program would dial a port that is not there.
  await dialog.getByText(/does not listen for such cameras.*cloudtalker\.listen.*restart it/s).waitFor();
  assert.equal(await dialog.getByRole('group', { name: 'the command' }).count(), 0);
  await assertAccessible(olga, 'enrolled, an old camera');
  await olga.getByRole('link', { name: 'To the device' }).click();
  await olga.getByRole('heading', { level: 1, name: 'Old camera' }).waitFor();
  assert.equal(await olga.getByRole('button', { name: 'New claim code' }).count(), 0);
  // Its captures have their place on its page, whether or not it has live pictures.
  const id = new URL(olga.url()).pathname.split('/').at(-1);
  await olga.goto(url(`/devices/${id}`));
  await olga.getByRole('region', { name: 'Captures' }).waitFor();
  assert.equal(await olga.getByText('This device has no camera').count(), 0);
  assertNoFaults(olga);
});

test('a hub that listens for old cameras shows the line for the camera, and nothing that is typed at the hub', async () => {
  const listening = await Hub.start({}, ['cloudtalker:', '  listen: 127.0.0.1:0']);
  try {
    const page = await setUp(browser, listening);
    await page.goto(new URL('/admin/devices', listening.url).href);
    await page.getByRole('button', { name: 'Enrol the first device' }).click();
    await page.getByLabel('How it connects').selectOption('cloudtalker');
    await page.getByRole('textbox', { name: 'Name' }).fill('Old camera');
    await eventually(async () =>
      assert.equal(await page.getByLabel('Type', { exact: true }).inputValue(), 'cloud_camera'),
    );
    await page.getByRole('button', { name: 'Enrol', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Old camera is enrolled' });
    const line = dialog.getByRole('group', { name: 'the command' });
    await line.waitFor({ timeout: slow_ms });
    const told = (await line.innerText()).trim();
    assert.match(told, /^cloudtalker -c cert\.pem -k key\.pem -e 127\.0\.0\.1:\d+\/ds\/v3$/);
    assert.equal(await dialog.getByText('does not listen').count(), 0);
    assertNoFaults(page);
    await page.context().close();
  } finally {
    await listening.end();
  }
});
