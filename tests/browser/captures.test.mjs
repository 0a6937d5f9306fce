// Captures: pictures that are kept and recordings, in the gallery and at their device; played, saved, deleted.
import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { administrator, setUp, signIn } from './support/accounts.mjs';
import { Hub } from './support/hub.mjs';
import {
  assertAccessible,
  assertNoFaults,
  enter,
  eventually,
  openBrowser,
  phone,
  seePicture,
} from './support/people.mjs';

const slow_ms = 30000;
const device = '/devices/lab-turret';
let hub, browser, olga, ada;

before(async () => {
  hub = await Hub.start();
  await hub.startTurret();
  browser = await openBrowser();
  olga = await setUp(browser, hub);
  ada = await enter(browser, hub, 'Ada', device);
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

const url = (path) => new URL(path, hub.url).href;
const cards = (page) => page.getByRole('list', { name: 'Captures' }).getByRole('listitem');
const card = (page, name) => cards(page).filter({ has: page.getByRole('button', { name }) });
/** What a card says. */
const words = (one) => one.locator('article').innerText();
const dialog = (page) => page.getByRole('dialog');

test('where nothing was captured, it is said how captures come about', async () => {
  await seePicture(ada);
  await ada.getByRole('heading', { name: 'Nothing was captured yet' }).waitFor({ timeout: slow_ms });
  await olga.goto(url('/captures'));
  await olga.getByRole('heading', { name: 'Nothing was captured yet' }).waitFor();
  await assertAccessible(olga, 'no captures');
});

test('who may play keeps a picture, and everybody who watches sees it at once', async () => {
  await olga.goto(url(device));
  await olga.getByRole('heading', { name: 'Nothing was captured yet' }).waitFor({ timeout: slow_ms });
  assert.equal(await ada.getByRole('button', { name: /^Record/ }).count(), 0, 'recording is for moderators');
  await ada.getByRole('button', { name: 'Keep picture' }).click();
  await ada.locator('rh-toast').getByText('The picture is kept.').waitFor({ timeout: slow_ms });
  for (const page of [ada, olga]) {
    await card(page, /^Picture/).waitFor({ timeout: slow_ms });
    await eventually(async () => {
      const shown = await card(page, /^Picture/)
        .locator('img')
        .evaluate((image) => image.naturalWidth);
      assert.equal(shown, 640);
    }, slow_ms);
  }
});

test('a moderator records, ends it before its time, and it becomes a video while one looks', async () => {
  await olga.getByLabel('Length of the recording').selectOption('120000');
  await olga.getByRole('button', { name: 'Record 2 min' }).click();
  const recording = card(olga, /^Recording/);
  await recording.getByText('Recording', { exact: true }).first().waitFor({ timeout: slow_ms });
  await eventually(async () => assert.match(await words(recording), /For \d+ s/), slow_ms);
  await assertAccessible(olga, 'recording');
  // Long enough to be played and sought in.
  await eventually(async () => assert.match(await words(recording), /For ([4-9]|\d\d) s/), slow_ms);
  await olga.getByRole('button', { name: /^End recording/ }).click();
  for (const page of [ada, olga]) {
    await eventually(async () => assert.match(await words(card(page, /^Recording/)), /\d:\d\d · /), 3 * slow_ms);
  }
  assertNoFaults(olga, ada);
});

test('a video is played and sought in, by whoever may watch', async () => {
  await ada.getByRole('button', { name: /^Recording/ }).focus();
  await ada.keyboard.press('Enter');
  const video = dialog(ada).locator('video');
  await video.waitFor();
  await eventually(async () => assert.ok((await video.evaluate((each) => each.readyState)) >= 1), slow_ms);
  const length_s = await video.evaluate((each) => each.duration);
  assert.ok(length_s >= 3 && length_s < 60, `${length_s} s`);
  await video.evaluate((each) => {
    each.muted = true;
    return each.play();
  });
  await eventually(async () => assert.ok((await video.evaluate((each) => each.currentTime)) > 0.2), slow_ms);
  await video.evaluate(
    (each) =>
      new Promise((done) => {
        each.pause();
        each.addEventListener('seeked', done, { once: true });
        each.currentTime = each.duration / 2;
      }),
  );
  const [at_s, ready] = await video.evaluate((each) => [each.currentTime, each.readyState]);
  assert.ok(Math.abs(at_s - length_s / 2) < 0.5 && ready >= 2, `${at_s} of ${length_s} s`);
  assert.equal(await dialog(ada).getByRole('button', { name: 'Delete' }).count(), 0, 'deleting is for moderators');
  await assertAccessible(ada, 'playing');
  const part = await ada.request.get(await video.evaluate((each) => each.src), { headers: { Range: 'bytes=0-99' } });
  assert.equal(part.status(), 206);
});

test('a video is saved as a file', async () => {
  const [download] = await Promise.all([
    ada.waitForEvent('download'),
    dialog(ada).getByRole('link', { name: 'Download' }).click(),
  ]);
  assert.match(download.suggestedFilename(), /^lab-turret.*\.mp4$/);
  const bytes = await readFile(await download.path());
  assert.equal(bytes.subarray(4, 8).toString('latin1'), 'ftyp');
  await ada.keyboard.press('Escape');
  await dialog(ada)
    .waitFor({ state: 'detached' })
    .catch(() => undefined);
  assertNoFaults(ada);
});

test('the gallery is narrowed, and the address keeps that', async () => {
  await olga.getByRole('link', { name: 'Captures', exact: true }).click();
  await eventually(async () => assert.equal(await cards(olga).count(), 2), slow_ms);
  await card(olga, /^Picture, Lab turret/).waitFor();
  await olga.getByLabel('What set it off').selectOption('still');
  await eventually(async () => assert.equal(await cards(olga).count(), 1), slow_ms);
  await olga.getByLabel('Device', { exact: true }).selectOption('lab-turret');
  await olga.getByRole('button', { name: /^Record/ }).waitFor();
  await olga.reload();
  await eventually(async () => assert.equal(await cards(olga).count(), 1), slow_ms);
  assert.match(olga.url(), /\/captures\?device=lab-turret&trigger=still$/);
  await olga.getByLabel('What set it off').selectOption('pir');
  await olga.getByRole('heading', { name: 'Nothing of this kind was captured' }).waitFor();
  // A link to the whole gallery takes both choices back, and the lists say so.
  await olga.getByRole('link', { name: 'Captures', exact: true }).click();
  await eventually(async () => assert.equal(await cards(olga).count(), 2), slow_ms);
  assert.equal(await olga.getByLabel('Device', { exact: true }).inputValue(), '');
  assert.equal(await olga.getByLabel('What set it off').inputValue(), '');
});

test('older ones come when asked for', async () => {
  await olga.goto(url('/captures'));
  await eventually(async () => assert.equal(await cards(olga).count(), 2), slow_ms);
  await olga.evaluate(async () => {
    for (let i = 0; i < 25; i += 1) await fetch('/api/v1/devices/lab-turret/snapshot?stream=main', { method: 'POST' });
  });
  await olga.reload();
  await eventually(async () => assert.equal(await cards(olga).count(), 24), slow_ms);
  await olga.getByRole('button', { name: 'Show older ones' }).click();
  await eventually(async () => assert.equal(await cards(olga).count(), 27), slow_ms);
  assert.equal(await olga.getByRole('button', { name: 'Show older ones' }).count(), 0);
});

test('the gallery is accessible and fits, by day and on a phone in the dark', async () => {
  await assertAccessible(olga, 'gallery');
  const bob = await enter(browser, hub, 'Bob', '/', {
    viewport: phone,
    colorScheme: 'dark',
    hasTouch: true,
    isMobile: true,
    reducedMotion: 'reduce',
  });
  await bob.getByRole('link', { name: 'Captures' }).click();
  await eventually(async () => assert.equal(await cards(bob).count(), 24), slow_ms);
  await assertAccessible(bob, 'gallery on a phone');
  await cards(bob).first().tap();
  await dialog(bob).getByRole('img', { name: 'The kept picture' }).waitFor();
  await assertAccessible(bob, 'a picture on a phone');
  const wide = await bob.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(wide, 0, 'nothing is wider than the phone');
  assertNoFaults(bob);
  await bob.context().close();
});

test('what the hub cannot give says why, in its own words, and no broken picture is shown', async () => {
  // Somebody whose browser has kept nothing of them.
  const eve = await enter(browser, hub, 'Eve', '/');
  for (const [trigger, button, file] of [
    ['record', /^Recording/, 'video.mp4'],
    ['still', /^Picture/, 'still.jpg'],
  ]) {
    const { captures } = await (await eve.request.get(url(`/api/v1/captures?trigger=${trigger}&limit=1`))).json();
    await rm(join(hub.data, 'captures', String(captures[0].id), file));
    const refused = await eve.request.get(url(`/api/v1/captures/${captures[0].id}/${file}`));
    const { detail } = await refused.json();
    assert.ok(refused.status() >= 400 && detail, `${refused.status()}`);
    await eve.goto(url(`/captures?trigger=${trigger}`));
    await cards(eve).first().getByRole('button', { name: button }).click({ timeout: slow_ms });
    await dialog(eve).getByText(detail).waitFor();
    assert.equal(await dialog(eve).getByText('This browser cannot').count(), 0);
    assert.equal(await dialog(eve).locator('img').count(), 0);
    await assertAccessible(eve, `${file} is gone`);
    if (process.env.SCREENSHOTS) await eve.screenshot({ path: `${process.env.SCREENSHOTS}/gone-${trigger}.png` });
  }
  assertNoFaults(eve);
  await eve.context().close();
});

test('what the hub gives and the browser cannot show says that', async () => {
  const page = await enter(browser, hub, 'Dora', '/');
  await page.route('**/still.jpg', (route) =>
    route.fulfill({ status: 200, contentType: 'image/jpeg', body: 'no picture' }),
  );
  await page.goto(url('/captures?trigger=still'));
  await cards(page)
    .nth(1)
    .getByRole('button', { name: /^Picture/ })
    .click();
  await dialog(page).getByText('This browser cannot show it. Downloaded, other programs may.').waitFor();
  await page.context().close();
});

test('a picture that the hub could not give at once is shown a little later', async () => {
  const page = await enter(browser, hub, 'Fay', '/');
  const refused = new Set();
  await page.route('**/still.jpg', (route) => {
    const { pathname } = new URL(route.request().url());
    if (refused.has(pathname)) return route.continue();
    refused.add(pathname);
    return route.fulfill({ status: 429, json: { code: 'exhausted', detail: 'Too many files at once.' } });
  });
  await page.goto(url('/captures?trigger=still'));
  const image = cards(page).nth(1).locator('img');
  await eventually(async () => assert.ok(await image.evaluate((it) => it.naturalWidth > 0)), slow_ms);
  assert.ok(refused.size > 0);
  assertNoFaults(page);
  await page.context().close();
});

test('a moderator deletes after a question, and it leaves every page', async () => {
  await ada.goto(url('/captures?device=lab-turret&trigger=record'));
  await card(ada, /^Recording/).waitFor({ timeout: slow_ms });
  await olga.goto(url('/captures?trigger=record'));
  await olga.getByRole('button', { name: /^Recording/ }).click();
  await dialog(olga).getByRole('button', { name: 'Delete' }).click();
  await olga.getByRole('heading', { name: 'Delete this video?' }).waitFor();
  await assertAccessible(olga, 'the question');
  await olga.getByRole('button', { name: 'Delete it' }).click();
  await olga.getByText('The video is deleted.').waitFor({ timeout: slow_ms });
  for (const page of [olga, ada]) {
    await page.getByRole('heading', { name: 'Nothing of this kind was captured' }).waitFor({ timeout: slow_ms });
  }
  assertNoFaults(olga, ada);
});

test('a recording is seen in every window, whatever was kept since it began, and any of them ends it', async () => {
  const end = (page) => page.getByRole('button', { name: /^End recording/ });
  await olga.goto(url(device));
  await olga.getByLabel('Length of the recording').selectOption('120000');
  await olga.getByRole('button', { name: 'Record 2 min' }).click();
  await end(olga).waitFor({ timeout: slow_ms });
  const kept = await olga.evaluate(async () => {
    const answers = [];
    for (let i = 0; i < 7; i += 1)
      answers.push(await fetch('/api/v1/devices/lab-turret/snapshot?stream=main', { method: 'POST' }));
    return answers.map(({ status }) => status);
  });
  assert.deepEqual(kept, Array(7).fill(201));
  // The list of this window has the newest pictures only.
  const second = await signIn(browser, hub, administrator, device);
  await eventually(async () => assert.equal(await cards(second).count(), 6), slow_ms);
  assert.equal(await card(second, /^Recording/).count(), 0);
  await end(second).waitFor({ timeout: slow_ms });
  await second.goto(url('/captures?device=lab-turret&trigger=still'));
  await end(second).click({ timeout: slow_ms });
  await second.locator('rh-toast').getByText('The recording has ended.').waitFor({ timeout: slow_ms });
  for (const page of [olga, second]) {
    await page.getByRole('button', { name: /^Record \d/ }).waitFor({ timeout: slow_ms });
  }
  assertNoFaults(olga, second);
  await second.context().close();
});
