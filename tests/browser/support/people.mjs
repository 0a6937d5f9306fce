// People at their browsers. Each has a context of their own: no cookie and no storage is shared.
import assert from 'node:assert/strict';
import { axe_source, chromium } from './packages.mjs';

export const desk = { width: 1280, height: 800 };
export const phone = { width: 375, height: 667 };

/** Programs that CI runs as root have no sandbox to give Chromium. */
const flags = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

export function openBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags });
}

/**
 * Opens `path` as a person who has not been here before, and enters with `name`.
 * @returns {Promise<import('../../../web/node_modules/playwright-core').Page>}
 */
export async function enter(browser, hub, name, path = '/devices/lab-turret', options = {}) {
  const context = await browser.newContext({ viewport: desk, ...options });
  const page = await context.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(error.message));
  page.on('console', (message) => {
    // A refused script or style is a fault of ours; a request that the hub refused is often the point of a test.
    if (message.type() === 'error' && /Content Security Policy|Uncaught/.test(message.text()))
      page.faults.push(message.text());
  });
  await page.goto(new URL(path, hub.url).href);
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Enter', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: /^Lab |Devices|Captures/ }).waitFor();
  return page;
}

/** Waits until the live picture is there. */
export async function seePicture(page) {
  await page.getByText('Live', { exact: true }).waitFor({ timeout: 15000 });
}

/** The turn bar. */
export function turnBar(page) {
  return page.getByRole('region', { name: 'Turn' });
}

/** Takes the turn; the device must be free. */
export async function drive(page) {
  await page.getByRole('button', { name: 'Drive now' }).click();
  await turnBar(page).getByRole('heading', { name: 'Your turn', exact: true }).waitFor();
}

/** The place on screen of a point of the 640 x 480 picture. */
export async function onScreen(page, { x, y }) {
  await page.evaluate(() => window.scrollTo(0, 0));
  const box = await page.getByRole('img', { name: /^Live picture/ }).boundingBox();
  return { x: box.x + (x / 640) * box.width, y: box.y + (y / 480) * box.height };
}

export async function clickPicture(page, point) {
  const at = await onScreen(page, point);
  await page.mouse.click(at.x, at.y);
}

/** No violation of axe-core's rules in the whole page. */
export async function assertAccessible(page, what) {
  const violations = await page.evaluate(async (source) => {
    // Evaluated by the debugger, which the page's content security policy does not bind.
    if (!window.axe) (0, eval)(source);
    // Colours that change take a frame even without motion, and axe would measure between them.
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join('; ')}`);
  }, axe_source);
  assert.deepEqual(violations, [], what);
}

export function assertNoFaults(...pages) {
  for (const page of pages) assert.deepEqual(page.faults, []);
}

/** Runs `look` until it no longer throws, for at most `limit_ms`. */
export async function eventually(look, limit_ms = 10000) {
  const until = Date.now() + limit_ms;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((go) => setTimeout(go, 50));
    }
  }
}
