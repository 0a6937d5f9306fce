// People with accounts: the first administrator of a fresh hub, and those who sign in.
import { desk } from './people.mjs';

export const administrator = { username: 'olga', password: 'a long enough sentence' };

/** A page of somebody who has not been here before; faults are kept as by `enter`. */
export async function newPage(browser, options = {}) {
  // Without motion, so that no colour is measured on its way to another.
  const context = await browser.newContext({ viewport: desk, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Uncaught/.test(message.text()))
      page.faults.push(message.text());
  });
  return page;
}

/** Makes the first administrator with the one-time code, on the page; the page is signed in then. */
export async function setUp(browser, hub, options = {}) {
  const page = await newPage(browser, options);
  await page.goto(new URL('/setup', hub.url).href);
  await page.getByLabel('One-time code').fill(hub.code);
  await page.getByLabel('User name').fill(administrator.username);
  await page.getByLabel('Password').fill(administrator.password);
  await page.getByRole('button', { name: 'Make me the administrator' }).click();
  await page.getByRole('heading', { level: 1, name: 'Devices' }).waitFor();
  return page;
}

/** Signs in with an account and goes to `path`. */
export async function signIn(browser, hub, { username, password }, path = '/', options = {}) {
  const page = await newPage(browser, options);
  await page.goto(new URL('/sign-in', hub.url).href);
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Devices' }).waitFor();
  if (path !== '/') await page.goto(new URL(path, hub.url).href);
  return page;
}

/** Gives the password where the page asks whether it is still the same person. */
export async function confirm(page, { username, password } = administrator) {
  const field = page.getByLabel(`Password of ${username}`);
  await field.waitFor();
  await field.fill(password);
  await page.getByRole('button', { name: 'Go on' }).click();
  await field.waitFor({ state: 'detached' });
}
