// For everybody: both themes, phone and desk, keyboard alone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { distance, seeDot } from './support/dot.mjs';
import { Hub } from './support/hub.mjs';
import {
  assertAccessible,
  assertNoFaults,
  desk,
  drive,
  enter,
  eventually,
  openBrowser,
  phone,
  seePicture,
  turnBar,
} from './support/people.mjs';

let hub, browser;

before(async () => {
  hub = await Hub.start({ length: '300s' });
  await hub.startTurret();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

/** Nothing is wider than the screen. */
async function assertFits(page, what) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(over <= 0, `${what} is ${over} px wider than the screen`);
}

for (const [size, viewport] of Object.entries({ desk, phone })) {
  for (const colorScheme of ['light', 'dark']) {
    test(`every page is accessible and fits, ${size}, ${colorScheme}`, async () => {
      const context = await browser.newContext({ viewport, colorScheme, hasTouch: size === 'phone' });
      const page = await context.newPage();
      const look = async (what) => {
        await assertAccessible(page, what);
        await assertFits(page, what);
      };
      for (const [path, heading] of [
        ['/', 'Watch. Take your turn. Drive.'],
        ['/sign-in', 'Sign in'],
        ['/setup', 'Set up this hub'],
        ['/nowhere/at-all', 'There is no such page'],
      ]) {
        await page.goto(new URL(path, hub.url).href);
        await page.getByRole('heading', { level: 1, name: heading }).waitFor();
        await look(path);
      }
      await context.close();

      const guest = await enter(browser, hub, 'Ada', '/', { viewport, colorScheme, hasTouch: size === 'phone' });
      await guest.getByRole('link', { name: 'Lab turret' }).waitFor();
      await assertAccessible(guest, 'devices');
      await assertFits(guest, 'devices');
      await guest.getByRole('searchbox').fill('nothing like it');
      await guest.getByText('Nothing matches').waitFor();
      await assertAccessible(guest, 'devices, none found');
      await guest.getByRole('searchbox').fill('');
      await guest.getByRole('link', { name: 'Lab turret' }).click();
      await seePicture(guest);
      await guest.getByRole('switch', { name: 'Laser' }).waitFor();
      await assertAccessible(guest, 'device, watching');
      await drive(guest);
      await assertAccessible(guest, 'device, driving');
      await guest.getByText('All commands, as forms').click();
      for (const summary of await guest.locator('details.command > summary').all()) await summary.click();
      await assertAccessible(guest, 'device, all forms open');
      await assertFits(guest, 'device, all forms open');
      await guest.getByRole('button', { name: 'Calibrate…' }).click();
      await guest.getByRole('heading', { name: 'Point 1 of 4' }).waitFor();
      await assertAccessible(guest, 'device, calibrating');
      await assertFits(guest, 'device, calibrating');
      await guest.getByRole('button', { name: 'Cancel' }).click();
      await guest.getByRole('button', { name: 'Give back' }).click();
      await turnBar(guest).getByText('You gave the turn back.').waitFor();
      await guest.goto(new URL('/devices/not-there', hub.url).href);
      await guest.getByRole('heading', { name: 'There is no such device' }).waitFor();
      await assertAccessible(guest, 'no such device');
      assertNoFaults(guest);
      await guest.context().close();
    });
  }
}

/** Presses Tab until the element with this name has the focus. */
async function tabTo(page, name, most = 60) {
  for (let i = 0; i < most; i += 1) {
    const now = await page.evaluate(() => {
      let active = document.activeElement;
      while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
      const visible = active?.matches(':focus-visible') ?? false;
      return { text: active?.getAttribute('aria-label') ?? active?.textContent?.trim() ?? '', visible };
    });
    if (name.test(now.text)) {
      assert.ok(now.visible, `the focus on "${now.text}" cannot be seen`);
      return;
    }
    await page.keyboard.press('Tab');
  }
  assert.fail(`Tab never came to ${name}`);
}

test('the whole way is walked with the keyboard alone', async () => {
  const context = await browser.newContext({ viewport: desk, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.faults = [];
  await page.goto(hub.url);
  await page.getByLabel('Your name').waitFor();
  await page.keyboard.press('Tab');
  await tabTo(page, /^Enter$/);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Lab turret' }).waitFor();
  await tabTo(page, /^Lab turret$/);
  await page.keyboard.press('Enter');
  await seePicture(page);
  await tabTo(page, /^Drive now$/);
  await page.keyboard.press('Enter');
  await turnBar(page).getByRole('heading', { name: 'Your turn', exact: true }).waitFor();
  // The button that was pressed is gone. The place is kept beside it: pressed once more, it gives nothing back.
  await tabTo(page, /^Your turn$/, 1);
  const scrolled = () => page.evaluate(() => window.scrollY);
  const before = await scrolled();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Space');
  await page.waitForTimeout(500);
  await turnBar(page).getByRole('heading', { name: 'Your turn', exact: true }).waitFor();
  assert.equal(await scrolled(), before, 'the page stays where it is');
  await tabTo(page, /^Give back$/, 2);
  await page.getByRole('application', { name: /Aim the laser/ }).focus();
  // From the middle of the picture (320, 240): 5 large steps down, 10 small ones to the left.
  for (let i = 0; i < 5; i += 1) await page.keyboard.press('Shift+ArrowDown');
  for (let i = 0; i < 10; i += 1) await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await eventually(async () => assert.ok(distance(await seeDot(page), { x: 240, y: 440 }) <= 6));
  await tabTo(page, /^Give back$/);
  await page.keyboard.press('Enter');
  await turnBar(page).getByText('You gave the turn back.').waitFor();
  await tabTo(page, /^(Drive now|Join the line)$/, 2);
  await context.close();
});

test('the first stop of Tab leads past the header', async () => {
  const page = await enter(browser, hub, 'Ada', '/');
  await page.reload(); // nothing has had the focus yet
  await page.getByRole('link', { name: 'Lab turret' }).waitFor();
  await page.keyboard.press('Tab');
  await tabTo(page, /^Skip to the page$/, 1);
  const { y } = await page.getByRole('button', { name: 'Skip to the page' }).boundingBox();
  assert.ok(y >= 0, 'it is shown while it has the focus');
  const inMain = () =>
    page.evaluate(() => {
      const frame = document.querySelector('rh-app').shadowRoot;
      return frame.querySelector('main').contains(frame.activeElement);
    });
  assert.equal(await inMain(), false);
  await page.keyboard.press('Enter');
  assert.equal(await inMain(), true);
  await page.keyboard.press('Tab');
  assert.equal(await inMain(), true);
  assertNoFaults(page);
  await page.context().close();
});

test('on a phone a touch aims, and STOP is in reach without scrolling', async () => {
  const page = await enter(browser, hub, 'Ada', '/devices/lab-turret', {
    viewport: phone,
    hasTouch: true,
    isMobile: true,
  });
  await seePicture(page);
  const inReach = async () => {
    const box = await page.getByRole('button', { name: 'Stop Lab turret' }).boundingBox();
    assert.ok(box && box.y >= 0 && box.y + box.height <= phone.height, JSON.stringify(box));
    assert.ok(box.height >= 44 && box.width >= 44);
  };
  await inReach();
  await drive(page);
  // The bar above grows with the turn and moves the picture: tapped where it is now, again if it was just moving.
  await eventually(async () => {
    const box = await page.getByRole('img', { name: /^Live picture/ }).boundingBox();
    await page.touchscreen.tap(box.x + (300 / 640) * box.width, box.y + (320 / 480) * box.height);
    // One pixel of the phone is nearly two of the picture.
    await eventually(async () => assert.ok(distance(await seeDot(page), { x: 300, y: 320 }) <= 6), 2000);
  }, 15000);
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  await inReach();
  // Nor does what the page says of something else lie on top of it.
  await page.getByRole('button', { name: 'Keep picture' }).click();
  await page.locator('rh-toast').getByText('The picture is kept.').waitFor();
  const stop = page.getByRole('button', { name: 'Stop Lab turret' });
  await stop.click({ trial: true, timeout: 2000 });
  await page.getByRole('button', { name: 'Give back' }).click();
  await turnBar(page).getByText('You gave the turn back.').waitFor();
  assertNoFaults(page);
  await page.context().close();
});

test('a name of as many characters as the hub takes comes in, and a longer one is not sent', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  let sent = 0;
  page.on('request', (request) => (sent += request.method() === 'POST' ? 1 : 0));
  await page.goto(hub.url);
  const name = page.getByLabel('Your name');
  await name.fill('🤖'.repeat(31) + 'ab');
  await page.getByRole('button', { name: 'Enter', exact: true }).click();
  assert.equal(await name.evaluate((input) => input.validationMessage), 'At most 32 characters.');
  await name.fill('🤖'.repeat(31) + 'a');
  assert.equal(sent, 0);
  await page.getByRole('button', { name: 'Enter', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Devices' }).waitFor();
  await context.close();
});

test('a sign-out that fails is said to everybody, and may be tried again', async () => {
  const page = await enter(browser, hub, 'Ada', '/');
  const busy = { status: 503, json: { detail: 'Busy.' } };
  await page.route('**/api/v1/session', (route) =>
    route.request().method() === 'DELETE' ? route.fulfill(busy) : route.fallback(),
  );
  await page.getByRole('button', { name: 'Ada, guest: account' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.locator('rh-toast').getByText('Signing out failed; you may still be signed in. Busy.').waitFor();
  await page.unroute('**/api/v1/session');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Your name').waitFor();
  assertNoFaults(page);
  await page.context().close();
});

test('the page is small, and nothing in it jumps while it loads', async () => {
  const context = await browser.newContext({ viewport: desk });
  await context.addInitScript(() => {
    window.shifted = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  const page = await context.newPage();
  await page.goto(hub.url);
  await page.getByLabel('Your name').fill('Ada');
  await page.getByRole('button', { name: 'Enter', exact: true }).click();
  await page.getByRole('link', { name: 'Lab turret' }).waitFor();
  for (const path of ['/', '/devices/lab-turret']) {
    await page.goto(new URL(path, hub.url).href);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForTimeout(2000);
    const shifted = await page.evaluate(() => window.shifted);
    assert.ok(shifted < 0.02, `${path} shifts by ${shifted}`);
  }
  const bytes = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .filter(({ name }) => name.includes('/assets/') && name.endsWith('.js'))
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
  );
  assert.ok(bytes > 1000 && bytes < 80 * 1024, `${bytes} bytes of script`);
  await context.close();
});

test('the theme that was chosen outlives a reload', async () => {
  const page = await enter(browser, hub, 'Ada', '/', { colorScheme: 'light' });
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await background();
  await page.getByRole('button', { name: /^Theme: as the system/ }).click();
  await page.getByRole('button', { name: /^Theme: light/ }).click();
  const dark = await background();
  assert.notEqual(dark, light);
  await page.reload();
  await page.getByRole('button', { name: /^Theme: dark/ }).waitFor();
  assert.equal(await background(), dark);
  await page.context().close();
});
