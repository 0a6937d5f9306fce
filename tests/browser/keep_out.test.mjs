// A turret with areas that are kept out takes no calibration, and says so before anybody measures one.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Hub } from './support/hub.mjs';
import { assertAccessible, assertNoFaults, drive, enter, openBrowser } from './support/people.mjs';

let hub, browser, ada;

before(async () => {
  hub = await Hub.start();
  const area = '  keep_out:\n    - {x_px: 0, y_px: 0, width_px: 640, height_px: 120}\n  model:';
  await hub.startTurret('lab-turret', (text) => text.replace('  model:', area));
  browser = await openBrowser();
  ada = await enter(browser, hub, 'Ada');
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

test('calibrating is not offered, with the reason beside the button', async () => {
  await drive(ada);
  const button = ada.getByRole('button', { name: 'Calibrate…' });
  await ada.getByText('The calibration cannot be changed from the page', { exact: false }).waitFor();
  assert.equal(await button.getAttribute('aria-disabled'), 'true');
  await assertAccessible(ada, 'calibration not allowed');
  await button.click({ force: true });
  await ada.getByRole('button', { name: 'Centre' }).click();
  await ada.getByText('The turret looks straight ahead.').waitFor();
  assert.equal(await ada.getByRole('heading', { name: /^Point \d of 4$/ }).isVisible(), false);
  assertNoFaults(ada);
});
