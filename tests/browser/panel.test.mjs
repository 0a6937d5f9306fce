// The turret's panel and the forms made from its schema.
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
  onScreen,
  openBrowser,
  seePicture,
} from './support/people.mjs';

let hub, browser, ada;

before(async () => {
  hub = await Hub.start({ length: '300s' });
  await hub.startTurret();
  browser = await openBrowser();
  ada = await enter(browser, hub, 'Ada');
  await seePicture(ada);
  await drive(ada);
  await eventually(async () => assert.ok(await seeDot(ada)));
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

async function aims(point) {
  await clickPicture(ada, point);
  await eventually(async () => {
    const dot = await seeDot(ada);
    assert.ok(distance(dot, point) <= 6, `wanted ${JSON.stringify(point)}, saw ${JSON.stringify(dot)}`);
  });
}

/** The dot once it has come to rest. */
async function restingDot() {
  return eventually(async () => {
    const first = await seeDot(ada);
    await ada.waitForTimeout(150);
    const second = await seeDot(ada);
    assert.ok(distance(first, second) <= 0.5);
    return second;
  });
}

test('a drag ends with its button, though a menu of the browser takes the pointer and tells of no end', async () => {
  const surface = ada.getByRole('application', { name: /Aim the laser/ });
  const start = await onScreen(ada, { x: 300, y: 300 });
  const end = await onScreen(ada, { x: 420, y: 380 });
  const at = ({ x, y }) => ({ pointerId: 1, clientX: x, clientY: y });
  await aims({ x: 300, y: 300 });
  for (const press of [
    { button: 0, buttons: 1 },
    { button: 0, buttons: 1, ctrlKey: true },
  ]) {
    await surface.evaluate((element) => {
      element.setPointerCapture = () => undefined; // it would refuse one that is none
    });
    await surface.dispatchEvent('pointerdown', { ...at(start), ...press });
    const shown = await surface.evaluate((element) =>
      element.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true })),
    );
    assert.equal(shown, false, 'the menu is not opened on one’s turn');
    await surface.dispatchEvent('pointermove', { ...at(end), buttons: 0 });
    await ada.waitForTimeout(400);
    assert.ok(distance(await seeDot(ada), { x: 300, y: 300 }) <= 6);
  }
  await surface.evaluate((element) => delete element.setPointerCapture);
});

test('the laser is switched off and on from the panel', async () => {
  const laser = ada.getByRole('switch', { name: 'Laser' });
  await laser.click();
  await eventually(async () => assert.equal(await seeDot(ada), null));
  assert.equal(await laser.getAttribute('aria-checked'), 'false');
  await laser.click();
  await eventually(async () => assert.ok(await seeDot(ada)));
});

test('nudging moves the dot by the chosen step', async () => {
  await aims({ x: 320, y: 300 });
  const before = await restingDot();
  await ada.getByRole('button', { name: 'Nudge by 20 counts' }).click();
  await ada.getByRole('button', { name: 'Nudge right' }).click();
  await eventually(async () => assert.ok(distance(await seeDot(ada), before) > 8));
});

test('four points make a calibration, by dragging, typing and keys, and it aims true', async () => {
  const corners = [
    [190, 250],
    [450, 250],
    [430, 410],
    [210, 410],
  ];
  // Where the servos stand for four places, as the present calibration knows them.
  const servos = [];
  for (const [x, y] of corners) {
    await aims({ x, y });
    await restingDot();
    const told = await ada
      .getByText(/^x \d+, y \d+ counts$/)
      .first()
      .textContent();
    const [x_counts, y_counts] = told.match(/\d+/g);
    servos.push({ x_counts, y_counts });
  }
  await ada.getByRole('button', { name: 'Calibrate…' }).click();
  for (let i = 0; i < 4; i += 1) {
    await ada.getByRole('heading', { name: `Point ${i + 1} of 4` }).waitFor();
    await ada.getByRole('spinbutton', { name: /^Servo x/ }).fill(servos[i].x_counts);
    await ada.getByRole('spinbutton', { name: /^Servo y/ }).fill(servos[i].y_counts);
    await ada.getByRole('button', { name: 'Move servos' }).click();
    await eventually(async () => assert.ok(distance(await seeDot(ada), { x: corners[i][0], y: corners[i][1] }) <= 8));
    const dot = await restingDot();
    const handle = ada.getByRole('button', { name: new RegExp(`^Point ${i + 1} at `) });
    if (i === 0) {
      const from = await onScreen(ada, await pointOf(handle));
      const to = await onScreen(ada, dot);
      await ada.mouse.move(from.x, from.y);
      await ada.mouse.down();
      await ada.mouse.move(to.x, to.y, { steps: 8 });
      await ada.mouse.up();
    } else {
      await ada.getByRole('spinbutton', { name: /^Picture x/ }).fill(String(Math.round(dot.x) - 1));
      await ada.getByRole('spinbutton', { name: /^Picture y/ }).fill(String(Math.round(dot.y)));
      await handle.focus();
      await ada.keyboard.press('ArrowRight');
    }
    assert.ok(distance(await pointOf(handle), dot) <= 1.5, `marker ${i + 1} is not on the dot`);
    await ada.getByRole('button', { name: `Take point ${i + 1}` }).click();
  }
  await ada.getByRole('button', { name: 'Save calibration' }).click();
  await ada.getByText(/The new calibration is saved\. Residual \d/).waitFor();
  for (const point of [
    { x: 250, y: 300 },
    { x: 400, y: 380 },
    { x: 320, y: 260 },
  ]) {
    await aims(point);
  }
});

test('four points on one line are refused with a sentence, and the old calibration stays', async () => {
  await ada.getByRole('button', { name: 'Calibrate…' }).click();
  for (let i = 0; i < 4; i += 1) {
    await ada.getByRole('spinbutton', { name: /^Picture x/ }).fill(String(100 + 100 * i));
    await ada.getByRole('spinbutton', { name: /^Picture y/ }).fill('300');
    await ada.getByRole('button', { name: `Take point ${i + 1}` }).click();
  }
  await ada.getByRole('button', { name: 'Save calibration' }).click();
  await ada.locator('rh-laser-turret-controls .notice.wrong').filter({ hasText: /\S/ }).waitFor();
  await ada.getByRole('heading', { name: 'All four points are taken' }).waitFor();
  await ada.getByRole('button', { name: 'Cancel' }).click();
  await aims({ x: 300, y: 330 });
});

test('a servo value beside its limits is refused beside the field, before it is sent', async () => {
  await ada.getByRole('button', { name: 'Calibrate…' }).click();
  await ada.getByRole('spinbutton', { name: /^Servo x/ }).fill('601');
  await ada.getByRole('button', { name: 'Move servos' }).click();
  await ada.getByText('Servo values are whole numbers from 150 to 600.').waitFor();
  await ada.getByRole('button', { name: 'Cancel' }).click();
});

test('every command has a form: it checks before it sends, sends, and shows what became of it', async () => {
  await ada.getByText('All commands, as forms').click();
  await ada.locator('details.command > summary', { hasText: /^\s*Aim/ }).click();
  const form = ada.getByRole('form', { name: 'Aim' });
  await form.getByRole('button', { name: 'Aim' }).click();
  assert.equal(await form.getByText('Needed.').count(), 2);
  const [x, y] = await form.getByRole('spinbutton').all();
  await x.fill('-5');
  await y.fill('300');
  await form.getByText(/^At least 0/).waitFor();
  await x.fill('280');
  await form.getByRole('button', { name: 'Aim' }).click();
  await form.getByText(/^Done in /).waitFor();
  await eventually(async () => assert.ok(distance(await seeDot(ada), { x: 280, y: 300 }) <= 6));
});

test('what the device refuses is told in its form', async () => {
  const form = ada.getByRole('form', { name: 'Aim' });
  const [x, y] = await form.getByRole('spinbutton').all();
  await x.fill('1');
  await y.fill('1');
  await form.getByRole('button', { name: 'Aim' }).click();
  await eventually(async () => {
    const told = await form.locator('.wrong:visible').allTextContents();
    assert.ok(
      told.some((text) => text.trim().length > 8),
      JSON.stringify(told),
    );
  });
});

test('a form that is pressed again before anything has come back sends once, and so does a key that is held', async () => {
  const form = ada.getByRole('form', { name: 'Aim' });
  const button = form.getByRole('button', { name: 'Aim' });
  const [x, y] = await form.getByRole('spinbutton').all();
  await x.fill('300');
  await y.fill('320');
  await ada.evaluate(() => {
    window.commands_of_test = 0;
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (text) {
      if (String(text).includes('"type":"command"')) window.commands_of_test += 1;
      return send.call(this, text);
    };
  });
  const sent = () => ada.evaluate(() => window.commands_of_test);
  const free = () => eventually(async () => assert.equal(await button.getAttribute('aria-disabled'), 'false'));
  hub.pause();
  try {
    for (let i = 0; i < 3; i += 1) await button.dispatchEvent('click');
    await form.getByText('Sending…').waitFor();
    assert.equal(await sent(), 1);
  } finally {
    hub.resume();
  }
  await free();
  await button.focus();
  for (let i = 0; i < 6; i += 1) {
    await ada.keyboard.down('Enter');
    await ada.waitForTimeout(60);
  }
  await ada.keyboard.up('Enter');
  await free();
  assert.equal(await sent(), 2);
});

test('the list of devices shows a live still, and not by a stream', async () => {
  const asked = [];
  ada.on('request', (request) => asked.push(request.url()));
  await ada.getByRole('link', { name: 'All devices', exact: true }).click();
  const image = ada.locator('rh-device-card img');
  await eventually(async () =>
    assert.ok(await image.evaluate((element) => element.checkVisibility() && element.naturalWidth === 640)),
  );
  await ada.getByText('you are driving').waitFor();
  const first = await image.getAttribute('src');
  await eventually(async () => assert.notEqual(await image.getAttribute('src'), first));
  assert.deepEqual(
    asked.filter((url) => url.includes('.mjpeg')),
    [],
  );
});

test('stills that are still being read when the list is left are let go of', async () => {
  const page = await ada.context().newPage();
  page.faults = [];
  await page.addInitScript(() => {
    const held = (window.held_of_test = new Set());
    const { createObjectURL, revokeObjectURL } = URL;
    URL.createObjectURL = (what) => {
      const url = createObjectURL.call(URL, what);
      held.add(url);
      return url;
    };
    URL.revokeObjectURL = (url) => {
      held.delete(url);
      revokeObjectURL.call(URL, url);
    };
    const { decode } = HTMLImageElement.prototype;
    HTMLImageElement.prototype.decode = async function () {
      await new Promise((go) => setTimeout(go, 1000)); // a slow machine
      return decode.call(this);
    };
  });
  const held = () => page.evaluate(() => window.held_of_test.size);
  await page.goto(hub.url);
  for (let i = 0; i < 2; i += 1) {
    await eventually(async () => assert.equal(await held(), 1));
    await page.getByRole('link', { name: 'Lab turret' }).click();
    await page.getByRole('heading', { level: 1, name: 'Lab turret' }).waitFor();
    await eventually(async () => assert.equal(await held(), 0));
    await page.getByRole('link', { name: 'All devices', exact: true }).click();
  }
  assertNoFaults(page);
  await page.close();
});

test('nothing went wrong in the page', () => {
  assertNoFaults(ada);
});

/** Where a marker of the calibration says it is. */
async function pointOf(handle) {
  const [, x, y] = /at (\d+), (\d+)/.exec(await handle.getAttribute('aria-label'));
  return { x: Number(x), y: Number(y) };
}
