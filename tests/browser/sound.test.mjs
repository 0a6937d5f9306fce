// What a rover's microphone hears is heard in the page: judged by the loudness that the browser's own sound thread
// measured, and by what the hub says of the microphone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Hub } from './support/hub.mjs';
import { assertAccessible, assertNoFaults, drive, enter, eventually, openBrowser } from './support/people.mjs';

const rover = '/devices/lab-rover';

let hub, browser, ada;

before(async () => {
  hub = await Hub.start({ length: '300s' });
  await hub.startLab('lab-rover');
  await hub.startTurret();
  browser = await openBrowser();
  ada = await enter(browser, hub, 'Ada', rover);
  await drive(ada);
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

const listen = (page) => page.getByRole('button', { name: 'Listen', exact: true });
const meter = (page) => page.getByRole('meter', { name: 'Loudness' });
const stick = (page) => page.getByRole('application', { name: 'Joystick' });

async function pressed(page) {
  return (await listen(page).getAttribute('aria-pressed')) === 'true';
}

/** 0 to 100. */
async function loudness(page) {
  return Number(await meter(page).getAttribute('aria-valuenow'));
}

async function isLoud(page) {
  await eventually(async () => assert.ok((await loudness(page)) > 50));
}

async function isFaint(page) {
  await eventually(async () => assert.ok((await loudness(page)) < 15));
}

/** Whether the rover's microphone works, as the hub says to anybody. */
async function hears(page) {
  return page.evaluate(async () => {
    const device = await (await fetch('/api/v1/devices/lab-rover')).json();
    return device.streams.find(({ kind }) => kind === 'sound').live;
  });
}

async function falls_silent(page) {
  await eventually(async () => assert.equal(await hears(page), false));
}

test('nobody hears anything before it is asked for', async () => {
  assert.equal(await pressed(ada), false);
  assert.equal(await meter(ada).count(), 0);
  assert.equal(await hears(ada), false);
});

test('who presses Listen hears the rover: a faint noise, its motors, its buzzer', async () => {
  await listen(ada).click();
  assert.equal(await pressed(ada), true);
  await eventually(async () => assert.equal(await hears(ada), true));
  // The microphone's own noise: there is sound, and nothing else.
  await eventually(async () => assert.ok((await loudness(ada)) > 0));
  await isFaint(ada);

  await stick(ada).focus();
  await ada.keyboard.down('ArrowUp');
  await isLoud(ada);
  if (process.env.SCREENSHOTS) await ada.screenshot({ path: `${process.env.SCREENSHOTS}/listen.png` });
  await ada.keyboard.up('ArrowUp');
  await isFaint(ada);

  const buzzer = ada.getByRole('switch', { name: 'Buzzer' });
  await buzzer.click();
  await isLoud(ada);
  await buzzer.click();
  await isFaint(ada);
});

test('who only watches hears too, without a turn, by keyboard alone', async () => {
  const bob = await enter(browser, hub, 'Bob', rover);
  await listen(bob).focus();
  await bob.keyboard.press('Space');
  await stick(ada).focus();
  await ada.keyboard.down('ArrowUp');
  await isLoud(bob);
  await ada.keyboard.up('ArrowUp');
  await isFaint(bob);
  const volume = bob.getByRole('slider', { name: 'Volume' });
  const before = Number(await volume.inputValue());
  await volume.focus();
  await bob.keyboard.press('ArrowLeft');
  assert.equal(Number(await volume.inputValue()), before - 1);
  assertNoFaults(bob);
  await bob.context().close();
});

test('it goes on by itself when the hub comes back', async () => {
  await hub.kill();
  await ada.getByText('No sound: the hub cannot be heard. Trying again.').waitFor();
  assert.equal(await loudness(ada), 0);
  await hub.restart();
  await eventually(async () => assert.ok((await loudness(ada)) > 0), 30000);
  assert.equal(await pressed(ada), true);
});

test('what stalls on its way is not blamed on the microphone', async () => {
  hub.pause();
  try {
    await ada.getByText('No sound comes.', { exact: true }).waitFor();
  } finally {
    hub.resume();
  }
  await eventually(async () => assert.ok((await loudness(ada)) > 0), 30000);
});

test('whom the hub refuses is told why, and listens again when Listen is pressed', async () => {
  const dora = await enter(browser, hub, 'Dora', rover);
  const cookies = await dora.context().cookies();
  await dora.context().clearCookies();
  let asked = 0;
  dora.on('request', (request) => (asked += request.url().endsWith('.wav') ? 1 : 0));
  await listen(dora).click();
  const told = dora.locator('rh-listen').getByRole('status');
  await eventually(async () => assert.match(await told.innerText(), /^No sound\. .*sign/i));
  assert.equal(await pressed(dora), false);
  if (process.env.SCREENSHOTS) await dora.screenshot({ path: `${process.env.SCREENSHOTS}/refused.png` });
  assert.equal(asked, 1);
  await dora.context().addCookies(cookies);
  await listen(dora).click();
  await eventually(async () => assert.ok((await loudness(dora)) > 0));
  assert.equal(await told.innerText(), '');
  await dora.context().close();
});

test('pressing it again, or leaving the device, ends the listening', async () => {
  await listen(ada).click();
  assert.equal(await pressed(ada), false);
  assert.equal(await meter(ada).count(), 0);
  await falls_silent(ada);
  await listen(ada).click();
  await eventually(async () => assert.equal(await hears(ada), true));
  await ada.getByRole('link', { name: 'All devices' }).first().click();
  await ada.getByRole('heading', { level: 1, name: 'Devices' }).waitFor();
  await falls_silent(ada);
});

test('a device without a microphone has no such switch', async () => {
  await ada.goto(new URL('/devices/lab-turret', hub.url).href);
  await ada.getByText('Live', { exact: true }).waitFor({ timeout: 15000 });
  assert.equal(await listen(ada).count(), 0);
});

test('nothing went wrong in the page', () => {
  assertNoFaults(ada);
});

for (const colorScheme of ['light', 'dark']) {
  test(`on a phone the switch can be pressed and everything fits and is accessible, ${colorScheme}`, async () => {
    const page = await enter(browser, hub, 'Cleo', rover, {
      viewport: { width: 360, height: 740 },
      hasTouch: true,
      colorScheme,
      reducedMotion: 'reduce',
    });
    await listen(page).tap();
    await eventually(async () => assert.ok((await loudness(page)) > 0));
    assert.ok((await listen(page).boundingBox()).height >= 44);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    await assertAccessible(page, `listening, ${colorScheme}`);
    if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/phone-${colorScheme}.png` });
    await page.context().close();
  });
}
