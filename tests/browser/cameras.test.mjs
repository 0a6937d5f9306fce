// A device with a second camera, which the hub reads by its URL: chosen, and what aims in the first is not over it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { Hub } from './support/hub.mjs';
import {
  assertAccessible,
  assertNoFaults,
  drive,
  enter,
  eventually,
  openBrowser,
  seePicture,
} from './support/people.mjs';

let hub, browser, ada, camera, picture;

/** A camera that sends the same picture ten times a second, as soon as there is one. */
async function startCamera() {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace; boundary=picture' });
    const sending = setInterval(() => {
      if (!picture) return;
      response.write(`--picture\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`);
      response.write(picture);
      response.write('\r\n');
    }, 100);
    response.on('close', () => clearInterval(sending));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

before(async () => {
  camera = await startCamera();
  const address = `127.0.0.1:${camera.address().port}`;
  hub = await Hub.start({ length: '300s' }, [
    `cameras: {allow: ["${address}"]}`,
    `devices: {lab-turret: {streams: {rear: {url: "http://${address}/rear"}}}}`,
  ]);
  await hub.startTurret();
  browser = await openBrowser();
  ada = await enter(browser, hub, 'Ada');
  await seePicture(ada);
  const still = await ada.request.get(new URL('/api/v1/devices/lab-turret/streams/main.jpg', hub.url).href);
  picture = await still.body();
});
after(async () => {
  await browser?.close();
  await hub?.end();
  camera?.closeAllConnections();
  camera?.close();
});

const choice = () => ada.getByLabel('Camera shown');
const aiming = () => ada.getByRole('application', { name: /Aim the laser/ });
const source = () => ada.getByRole('img', { name: /^Live picture/ }).getAttribute('src');

test('a second camera is chosen by its name, and what aims in the first is not over its picture', async () => {
  assert.deepEqual(await choice().locator('option').allTextContents(), ['Main', 'Rear']);
  assert.equal(await choice().inputValue(), 'main');
  await drive(ada);
  await aiming().waitFor();
  await choice().selectOption('rear');
  await eventually(async () => assert.match(await source(), /\/lab-turret\/streams\/rear\.mjpeg/));
  await seePicture(ada);
  assert.equal(await aiming().count(), 0);
  await assertAccessible(ada, 'a second camera');
});

test('the first one comes back with what aims in it', async () => {
  await choice().selectOption('main');
  await eventually(async () => assert.match(await source(), /\/lab-turret\/streams\/main\.mjpeg/));
  await seePicture(ada);
  await aiming().waitFor();
  assertNoFaults(ada);
});

test('from one device straight to another, by the history, nothing of the first one is kept', async () => {
  await hub.command('device', 'enrol', 'spare', '--type', 'laser_turret', '--name', 'Spare turret');
  await ada.getByRole('link', { name: 'All devices', exact: true }).click();
  await ada.getByRole('link', { name: 'Spare turret' }).click();
  await ada.getByRole('heading', { level: 1, name: 'Spare turret' }).waitFor();
  const page = ada.locator('rh-device-page');
  await page.evaluate((element) => (element.dataset.shown = 'spare'));
  await ada.evaluate(() => history.go(-2));
  await ada.getByRole('heading', { level: 1, name: 'Lab turret' }).waitFor();
  assert.equal(await page.getAttribute('data-shown'), null);
  await seePicture(ada);
  await aiming().waitFor();
  assertNoFaults(ada);
});
