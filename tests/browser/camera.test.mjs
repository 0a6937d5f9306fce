// The lab's camera: watched over by hand and by itself, and what it has recorded played in the page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Hub } from './support/hub.mjs';
import { assertAccessible, assertNoFaults, enter, eventually, openBrowser, seePicture } from './support/people.mjs';

let hub, browser, ada;

before(async () => {
  hub = await Hub.start();
  await hub.startLab('lab-camera', 'lab-camera', (text) =>
    text
      .replace('segment_s: 4, preroll_s: 1', 'segment_s: 2, preroll_s: 1, request_s: 5')
      .replace('every_s: 20', 'every_s: 12'),
  );
  browser = await openBrowser();
  ada = await enter(browser, hub, 'Ada', '/devices/lab-camera');
  await seePicture(ada);
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

const armed = () => ada.getByRole('switch', { name: 'Watch over the place' });

/** Plays the video of the open dialog for a moment and jumps into it; its length in seconds. */
async function plays() {
  const video = ada.locator('dialog video');
  return video.evaluate(async (element) => {
    const happens = (name) =>
      new Promise((go, stop) => {
        element.addEventListener(name, go, { once: true });
        element.addEventListener('error', () => stop(new Error(element.error?.message)), { once: true });
        setTimeout(() => stop(new Error(`no ${name} of the video`)), 15000);
      });
    element.muted = true;
    if (element.error) throw new Error(element.error.message);
    if (element.readyState < 1) await happens('loadedmetadata');
    const played = happens('timeupdate');
    await element.play();
    await played;
    element.pause();
    const sought = happens('seeked');
    element.currentTime = element.duration / 2;
    await sought;
    return { length: element.duration, at: element.currentTime, width: element.videoWidth };
  });
}

test('a capture by the button shows its progress, comes into the gallery, plays and seeks', async () => {
  const button = ada.getByRole('button', { name: 'Capture now' });
  await eventually(async () => assert.equal(await button.getAttribute('aria-disabled'), 'false'), 15000);
  await button.click();
  await ada.getByText(/^Recording: /).waitFor({ timeout: 10000 });
  await ada.getByText('Everything recorded is at the hub.').waitFor({ timeout: 30000 });
  const card = ada.getByRole('button', { name: /^Asked for/ }).first();
  await card.waitFor({ timeout: 30000 });
  await card.click();
  const { length, at, width } = await plays();
  assert.ok(length > 4 && length < 7, `${length} s`);
  assert.ok(Math.abs(at - length / 2) < 0.5, `${at} s`);
  assert.equal(width, 640);
  await ada.getByRole('button', { name: 'Close' }).click();
});

test('armed, somebody who walks by makes an alarm and a capture', async () => {
  assert.equal(await armed().getAttribute('aria-checked'), 'false');
  await armed().click();
  await eventually(async () => assert.equal(await armed().getAttribute('aria-checked'), 'true'));
  const alarms = ada.getByRole('list', { name: 'Alarms' });
  await alarms.getByText(/Something moved/).waitFor({ timeout: 40000 });
  await ada.getByText(/^Recording: /).waitFor({ timeout: 10000 });
  await armed().click();
  await eventually(async () => assert.equal(await armed().getAttribute('aria-checked'), 'false'));
  await ada.getByText('Everything recorded is at the hub.').waitFor({ timeout: 30000 });
  await ada.getByRole('link', { name: 'All captures of this camera' }).click();
  const card = ada.getByRole('button', { name: /^Motion/ }).first();
  await card.waitFor({ timeout: 30000 });
  await card.click();
  const { length } = await plays();
  // Disarmed at once, it may hold little more than the moment before.
  assert.ok(length > 0.5, `${length} s`);
  await ada.getByRole('button', { name: 'Close' }).click();
  await ada.goBack();
});

test('who may arm it ends its stop, so that a stop keeps nobody from disarming it', async () => {
  const stop = ada.getByRole('region', { name: 'Stop' });
  await eventually(async () => assert.equal(await armed().getAttribute('aria-disabled'), 'false'));
  await armed().click();
  await eventually(async () => assert.equal(await armed().getAttribute('aria-checked'), 'true'));
  await ada.getByRole('button', { name: 'Stop Lab camera' }).click();
  await stop.getByText('Stopped', { exact: true }).waitFor();
  await armed().click();
  await ada.getByText('The device is stopped.').first().waitFor();
  assert.equal(await armed().getAttribute('aria-checked'), 'true');
  await stop.getByRole('button', { name: 'Reset' }).click();
  await eventually(async () => assert.equal(await stop.getByText('Stopped', { exact: true }).count(), 0));
  await armed().click();
  await eventually(async () => assert.equal(await armed().getAttribute('aria-checked'), 'false'));
});

test('its page has nothing that keeps anybody out', async () => {
  await ada.getByRole('heading', { name: 'Lab camera' }).waitFor();
  await seePicture(ada);
  await assertAccessible(ada, 'camera');
  assertNoFaults(ada);
});
