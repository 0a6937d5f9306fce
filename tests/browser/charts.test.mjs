// What a device measures, over time: charts that go on live, ranges, dragging, keys, fingers, files, and their failures.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Hub } from './support/hub.mjs';
import { assertAccessible, assertNoFaults, enter, eventually, openBrowser, phone } from './support/people.mjs';

const path = '/devices/lab-rover';
const slow_ms = 20000;
let hub, browser, ada;

before(async () => {
  hub = await Hub.start();
  await hub.startLab('lab-rover');
  browser = await openBrowser();
  ada = await enter(browser, hub, 'Ada', path);
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

const chart = (page, name) => page.getByRole('group', { name: `Chart of ${name}` });
const charts = (page) => page.getByRole('group', { name: /^Chart of/ });
/** The chart in words, as a screen reader reads it. */
const words = (page, name) =>
  page
    .locator('rh-chart', { has: chart(page, name) })
    .locator('#summary')
    .textContent();
const now = (page) => page.getByRole('button', { name: 'Now', exact: true });
const span = (page, title) => page.getByRole('button', { name: title, exact: true });

/** Waits until something was drawn that is neither axis nor grid: the colour of the first line in the legend. */
async function seeLine(page, name) {
  await chart(page, name).scrollIntoViewIfNeeded();
  await eventually(async () => {
    const count = await page.locator('rh-chart', { has: chart(page, name) }).evaluate((element) => {
      const colour = getComputedStyle(element.renderRoot.querySelector('.swatch')).color.match(/\d+/g).map(Number);
      const canvas = element.renderRoot.querySelector('canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let found = 0;
      for (let i = 0; i < data.length; i += 4)
        if (data[i + 3] > 200 && [0, 1, 2].every((part) => Math.abs(data[i + part] - colour[part]) < 12)) found += 1;
      return found;
    });
    assert.ok(count > 5, `${count} pixels of the line`);
  }, slow_ms);
}

/** What the charts ask the hub for next. */
function asked(page) {
  return page.waitForRequest((request) => /\/telemetry\?/.test(request.url()), { timeout: slow_ms });
}
const spanOf = (request) => {
  const query = new URL(request.url()).searchParams;
  return Number(query.get('to')) - Number(query.get('from'));
};

test('each measuring channel has a chart for each of its units, in colour and in words', async () => {
  await ada.getByRole('heading', { name: 'Measured' }).waitFor({ timeout: slow_ms });
  await chart(ada, 'Orientation, in °').waitFor();
  await eventually(async () => {
    assert.equal(await charts(ada).count(), 3);
    assert.match(await words(ada, 'Orientation'), /Pitch: newest -?[\d.]+°, from .+° to .+°\. Roll: newest/);
    assert.match(await words(ada, 'Climate · Temperature'), /newest -?[\d.]+\s°C, from .+ to .+/);
    assert.match(await words(ada, 'Climate · Pressure'), /newest [\d,.]+\sPa/);
  }, slow_ms);
  await seeLine(ada, 'Orientation');
  // What is no measured series stays a reading.
  const readings = ada.locator('section', { has: ada.getByRole('heading', { name: 'Readings' }) });
  await readings.getByRole('heading', { name: 'Outputs' }).waitFor();
  assert.equal(await readings.getByRole('heading', { name: 'Orientation' }).count(), 0);
  assertNoFaults(ada);
});

test('a chart goes on with what is measured', async () => {
  const before = await words(ada, 'Climate · Temperature');
  const range = (text) => text.split(/\. /).at(-1);
  await eventually(async () => {
    const after = await words(ada, 'Climate · Temperature');
    assert.notEqual(range(after), range(before), 'the time goes on');
    assert.notEqual(after.split(',')[0], before.split(',')[0], 'another value came');
  }, slow_ms);
});

test('a longer range is asked for in one go, and says that it is shown', async () => {
  const [request] = await Promise.all([asked(ada), span(ada, 'The last 24 hours').click()]);
  assert.equal(spanOf(request), 24 * 3600 * 1000);
  assert.ok(Number(new URL(request.url()).searchParams.get('points')) <= 1000);
  await eventually(async () => assert.equal(await span(ada, 'The last 24 hours').getAttribute('aria-pressed'), 'true'));
  await span(ada, 'The last 10 minutes').click();
  await seeLine(ada, 'Orientation');
});

test('dragging looks closer at a part, which then stands still, and Now goes back', async () => {
  const plot = chart(ada, 'Orientation');
  await plot.scrollIntoViewIfNeeded();
  assert.equal(await now(ada).isDisabled(), true);
  const box = await plot.boundingBox();
  const [request] = await Promise.all([
    asked(ada),
    (async () => {
      await ada.mouse.move(box.x + box.width * 0.6, box.y + box.height / 3);
      await ada.mouse.down();
      await ada.mouse.move(box.x + box.width * 0.8, box.y + box.height / 2, { steps: 6 });
      await ada.mouse.up();
    })(),
  ]);
  assert.ok(spanOf(request) > 60_000 && spanOf(request) < 300_000, String(spanOf(request)));
  await eventually(async () => assert.equal(await now(ada).isDisabled(), false));
  assert.equal(await span(ada, 'The last 10 minutes').getAttribute('aria-pressed'), 'false');
  await now(ada).click();
  await eventually(async () => assert.equal(await now(ada).isDisabled(), true));
});

test('a press that opens a menu of the browser does not keep a chart from going on', async () => {
  const plot = chart(ada, 'Climate · Temperature');
  await plot.scrollIntoViewIfNeeded();
  for (const press of [{ button: 2 }, { button: 0, ctrlKey: true }]) {
    // The menu takes the pointer: of its end the page hears nothing.
    await plot.dispatchEvent('pointerdown', press);
    await plot.dispatchEvent('contextmenu', press);
    const before = await words(ada, 'Climate · Temperature');
    await eventually(async () => assert.notEqual(await words(ada, 'Climate · Temperature'), before), slow_ms);
  }
});

test('arrows, plus and minus do the same without a mouse', async () => {
  const plot = chart(ada, 'Climate · Temperature');
  await plot.focus();
  const [earlier] = await Promise.all([asked(ada), ada.keyboard.press('ArrowLeft')]);
  assert.equal(spanOf(earlier), 600_000);
  await eventually(async () => assert.equal(await now(ada).isDisabled(), false));
  const [closer] = await Promise.all([asked(ada), ada.keyboard.press('+')]);
  assert.equal(spanOf(closer), 300_000);
  await ada.keyboard.press('End');
  await eventually(async () => assert.equal(await now(ada).isDisabled(), true));
  await span(ada, 'The last 10 minutes').click();
});

test('what is shown can be saved as files', async () => {
  await ada.getByText('Download what is shown').click();
  for (const [kind, first] of [
    ['CSV', /^[^\n]*\n.*climate/],
    ['NDJSON', /^\{"[^\n]*climate/],
  ]) {
    const [download] = await Promise.all([
      ada.waitForEvent('download'),
      ada.getByRole('link', { name: `Climate as ${kind}` }).click(),
    ]);
    assert.match(await readFile(await download.path(), 'utf8'), first);
  }
});

test('the page with charts is accessible, by day at a desk and by night on a phone, where a finger goes in time', async () => {
  await assertAccessible(ada, 'charts at a desk');
  const bob = await enter(browser, hub, 'Bob', path, {
    viewport: phone,
    colorScheme: 'dark',
    hasTouch: true,
    isMobile: true,
    reducedMotion: 'reduce',
  });
  await seeLine(bob, 'Orientation');
  await assertAccessible(bob, 'charts on a phone');
  const wide = await bob.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(wide, 0, 'nothing is wider than the phone');
  await chart(bob, 'Orientation').evaluate((plot) => {
    const { left, top, width } = plot.getBoundingClientRect();
    const fire = (type, part) => {
      const place = { clientX: left + width * part, clientY: top + 40 };
      const touch = new Touch({ identifier: 1, target: plot, ...place });
      plot.dispatchEvent(new TouchEvent(type, { touches: [touch], bubbles: true, cancelable: true }));
    };
    fire('touchstart', 0.3);
    fire('touchmove', 0.6);
  });
  await eventually(async () => assert.equal(await now(bob).isDisabled(), false));
  assertNoFaults(bob);
  await bob.context().close();
});

test('a history that does not come says why, is asked for again, and the newest values stay', async () => {
  const cleo = await enter(browser, hub, 'Cleo', '/');
  await cleo.route('**/telemetry?**', (route) =>
    route.fulfill({ status: 503, json: { code: 'unavailable', detail: 'The disk is asleep.' } }),
  );
  await cleo.goto(new URL(path, hub.url).href);
  await cleo.getByText('The history cannot be shown. The disk is asleep.').waitFor({ timeout: slow_ms });
  await eventually(async () => assert.match(await words(cleo, 'Orientation'), /Pitch: newest/), slow_ms);
  await cleo.unroute('**/telemetry?**');
  await cleo.getByLabel('Measured').getByRole('button', { name: 'Try again' }).click();
  await seeLine(cleo, 'Orientation');
  await cleo.context().close();
});

test('of a device that is away the history stays', async () => {
  await hub.endAgents();
  await ada.getByText(/^Offline/).waitFor({ timeout: slow_ms });
  await ada.reload();
  await seeLine(ada, 'Orientation');
  await eventually(async () => assert.match(await words(ada, 'Orientation'), /Pitch:.* from .+° to .+°/));
  assertNoFaults(ada);
});

test('panels find both libraries under stable names, which browsers keep until they change', async () => {
  const found = await ada.evaluate(async () => {
    const three = await import('/vendor/three.js');
    const { default: UPlot } = await import('/vendor/uplot.js');
    return [three.REVISION, typeof three.WebGLRenderer, typeof UPlot];
  });
  assert.deepEqual(found, ['187', 'function', 'function']);
  for (const name of ['three.js', 'uplot.js', 'uplot.css', 'licences.txt']) {
    const address = new URL(`/vendor/${name}`, hub.url).href;
    const first = await ada.request.get(address);
    assert.equal(first.headers()['cache-control'], 'no-cache', name);
    const again = await ada.request.get(address, { headers: { 'If-None-Match': first.headers().etag } });
    assert.equal(again.status(), 304, name);
  }
  const licences = await (await ada.request.get(new URL('/vendor/licences.txt', hub.url).href)).text();
  for (const holder of ['three.js authors', 'Leon Sorokin', 'Google LLC'])
    assert.match(licences, new RegExp(holder, 'i'));
});

test('who sees no chart loads none', async () => {
  const dora = await enter(browser, hub, 'Dora', '/');
  const loaded = await dora.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
  assert.deepEqual(
    loaded.filter((name) => /vendor|chart|capture/.test(name)),
    [],
  );
  await dora.context().close();
});
