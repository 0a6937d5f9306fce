// How the hub is, which plugins it has, and what a device's page says when its plugin lacks.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { administrator, setUp, signIn } from './support/accounts.mjs';
import { Hub } from './support/hub.mjs';
import { assertAccessible, assertNoFaults, enter, eventually, openBrowser, phone, turnBar } from './support/people.mjs';

let hub, browser, olga;
/** The lines of the configuration that name the plugins. */
let plugins = '';

before(async () => {
  hub = await Hub.start();
  await hub.startTurret();
  browser = await openBrowser();
  olga = await setUp(browser, hub);
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

const url = (path) => new URL(path, hub.url).href;
const figure = (page, name) => page.locator('.figure').filter({ hasText: name });
const health_link = (page) =>
  page.getByRole('navigation', { name: 'Administration' }).getByRole('link', { name: /^Health/ });

test('the page of health shows the state and the figures, and keeps them fresh', async () => {
  await olga.goto(url('/admin/health'));
  await figure(olga, 'Devices online').getByText('1 of 1').waitFor({ timeout: 15000 });
  for (const name of ['People here', 'Running for', 'Memory', 'Disk free', 'Database', 'Version'])
    await figure(olga, name).waitFor();
  await assertAccessible(olga, 'health');
  const asked = await olga.waitForRequest('**/api/v1/health', { timeout: 15000 });
  assert.equal(asked.method(), 'GET');
});

test('a hub that does not answer is said, while what was known stays', async () => {
  await olga.route('**/api/v1/health', (route) => route.abort());
  await olga.getByText('The hub does not answer.', { exact: false }).waitFor({ timeout: 15000 });
  await figure(olga, 'Devices online').waitFor();
  await olga.unroute('**/api/v1/health');
  await olga.getByRole('button', { name: 'Try again' }).click();
  await eventually(async () =>
    assert.equal(await olga.getByText('The hub does not answer.', { exact: false }).count(), 0),
  );
});

test('the page of plugins says what is installed, in which versions, and who uses it', async () => {
  await olga.goto(url('/admin/plugins'));
  const plugin = olga.getByRole('region', { name: 'Laser turret' });
  await plugin.getByRole('heading', { name: 'Version 1.0.0' }).waitFor();
  await plugin.getByText('1 device uses it').waitFor();
  await plugin.getByText(/^sha256:[0-9a-f]{64}$/).waitFor();
  await assertAccessible(olga, 'plugins');
});

test('what needs a look marks the navigation, and says what to do', async () => {
  // The file asks for another port than the running one: that needs a restart.
  await hub.configure((text) => text.replace('server:', 'server:\n  loops: 1'));
  const answer = await olga.request.post(url('/api/v1/config/reload'), {
    headers: { Origin: new URL(hub.url).origin },
    data: {},
  });
  assert.equal(answer.status(), 200, await answer.text());
  await olga.goto(url('/admin/devices'));
  await health_link(olga)
    .getByText(/\(\d findings?\)/)
    .waitFor({ timeout: 15000 });
  await health_link(olga).click();
  const findings = olga.getByRole('list', { name: 'Findings' });
  const finding = findings.getByRole('listitem').filter({ hasText: 'restart' }).first();
  await finding.getByText('Warning', { exact: true }).waitFor();
  await assertAccessible(olga, 'findings');
});

test('a hub without the plugin of a device says so, offers no turn, and STOP works', async () => {
  await hub.kill();
  await hub.configure((text) =>
    text.replace(/plugins:\n {2}path:\n {4}- .*\n/, (found) => {
      plugins = found;
      return '';
    }),
  );
  await hub.restart();
  const ada = await enter(browser, hub, 'Ada');
  await ada.getByText('Only STOP works.', { exact: true }).waitFor({ timeout: 15000 });
  await turnBar(ada).getByRole('heading', { name: 'Nobody can drive' }).waitFor();
  assert.equal(await ada.getByRole('button', { name: 'Drive now' }).count(), 0);
  assert.equal(await ada.getByText('This device has no camera.').count(), 0);
  await assertAccessible(ada, 'a device whose plugin lacks');
  await ada.getByRole('button', { name: 'Stop Lab turret' }).click();
  await ada.getByText('Stopped', { exact: true }).waitFor();
  assertNoFaults(ada);
  await ada.context().close();

  await olga.goto(url('/admin/plugins'));
  await olga.getByText('No plugin is installed').waitFor();
  await assertAccessible(olga, 'no plugins');
  assertNoFaults(olga);
});

test('health and plugins fit a phone, in the dark', async () => {
  const page = await signIn(browser, hub, administrator, '/admin/health', {
    viewport: { ...phone, width: 360 },
    colorScheme: 'dark',
    hasTouch: true,
  });
  for (const [path, ready] of [
    ['/admin/health', page.locator('.figure').first()],
    ['/admin/plugins', page.getByText('No plugin is installed')],
    ['/devices/lab-turret', page.getByText('Only STOP works.', { exact: true })],
  ]) {
    await page.goto(url(path));
    await ready.waitFor();
    await assertAccessible(page, path);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(over <= 0, `${path} is ${over} px wider than the screen`);
  }
  assertNoFaults(page);
  await page.context().close();
});

test('a page that is open has commands and panels as soon as the hub has the plugin again', async () => {
  const ada = await enter(browser, hub, 'Ada');
  await ada.getByText('Only STOP works.', { exact: true }).waitFor({ timeout: 15000 });
  assert.equal(await ada.getByRole('heading', { name: 'Commands' }).count(), 0);
  await hub.kill();
  await hub.configure((text) => text + plugins);
  await hub.restart();
  await ada.getByRole('heading', { name: 'Commands' }).waitFor({ timeout: 30000 });
  await ada.getByRole('switch', { name: 'Laser' }).waitFor();
  assert.equal(await ada.getByText('Only STOP works.', { exact: true }).count(), 0);
  assertNoFaults(ada);
  await ada.context().close();
});
