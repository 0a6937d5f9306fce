// The main story: two people take turns at one turret, and the dot in the camera's picture is the witness.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { distance, seeded, seeDot } from './support/dot.mjs';
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
  turnBar,
} from './support/people.mjs';
import { askDevice, sayOnWire } from './support/wire.mjs';

const places = 20;
const near_px = 6;
/** A dot that is said not to move may be seen this much elsewhere by the encoder's doing. */
const still_px = 2;

let hub, browser, ada, bob;

before(async () => {
  hub = await Hub.start({ length: '30s', warning: '5s', grace: '8s', handover: '15s' });
  await hub.startTurret();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

/** Clicks there, and waits until the dot is seen there. */
async function aimAt(page, point) {
  await clickPicture(page, point);
  return eventually(async () => {
    const dot = await seeDot(page);
    const off = distance(dot, point);
    assert.ok(
      off <= near_px,
      `clicked ${point.x}, ${point.y}; the dot is at ${dot?.x.toFixed(1)}, ${dot?.y.toFixed(1)}: ${off.toFixed(1)} px off`,
    );
    return off;
  });
}

/** Where the dot is once what was done before no longer moves it (the page is some pictures behind the hardware). */
async function dotAtRest(page) {
  return eventually(async () => {
    const before = await seeDot(page);
    await page.waitForTimeout(300);
    const now = await seeDot(page);
    assert.ok(before && now, 'there is no dot to watch');
    assert.ok(distance(now, before) <= 1, 'the dot still moves');
    return now;
  });
}

/** Does something that must not move the dot, and looks long enough to see it if it did. */
async function staysWhile(page, act) {
  const first = await dotAtRest(page);
  await act();
  for (let i = 0; i < 8; i += 1) {
    await page.waitForTimeout(100);
    const now = await seeDot(page);
    assert.ok(
      distance(now, first) <= still_px,
      `the dot moved from ${JSON.stringify(first)} to ${JSON.stringify(now)}`,
    );
  }
}

test('Ada enters with a name and sees the live picture', async () => {
  ada = await enter(browser, hub, 'Ada');
  await seePicture(ada);
  await turnBar(ada).getByText('Nobody is driving').waitFor();
});

test('a click before her turn moves nothing and says gently why', async () => {
  const before = (await askDevice(ada)).turn.epoch;
  await clickPicture(ada, { x: 300, y: 300 });
  await ada.getByText('Join the line to aim.').waitFor();
  assert.equal((await askDevice(ada)).turn.epoch, before);
});

test('on her turn the laser is on, and the dot goes where she clicks at twenty random places', async (t) => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
  t.diagnostic(`seed ${seed} (run again with SEED=${seed})`);
  const random = seeded(seed);
  await drive(ada);
  await eventually(async () => assert.ok(await seeDot(ada), 'the laser follows the turn'));
  let worst = 0;
  for (let i = 0; i < places; i += 1) {
    const point = { x: Math.round(160 + 320 * random()), y: Math.round(200 + 240 * random()) };
    worst = Math.max(worst, await aimAt(ada, point));
  }
  t.diagnostic(`the dot was at most ${worst.toFixed(1)} px off`);
});

test('a drag leads the dot along, to where it ends', async () => {
  const from = await onScreen(ada, { x: 200, y: 250 });
  const to = await onScreen(ada, { x: 420, y: 380 });
  await ada.mouse.move(from.x, from.y);
  await ada.mouse.down();
  await ada.mouse.move(to.x, to.y, { steps: 25 });
  await ada.mouse.up();
  await eventually(async () => assert.ok(distance(await seeDot(ada), { x: 420, y: 380 }) <= near_px));
});

test('a point out of reach is refused with a sentence, and the dot stays', async () => {
  await staysWhile(ada, async () => {
    await clickPicture(ada, { x: 4, y: 4 });
    await ada.locator('rh-laser-turret-aim .notice.wrong').waitFor();
  });
});

test('Bob waits, and is told his place and for how long', async () => {
  bob = await enter(browser, hub, 'Bob');
  await seePicture(bob);
  await turnBar(bob).getByText('Ada is driving').waitFor();
  await bob.getByRole('button', { name: 'Join the line' }).click();
  const title = await turnBar(bob).getByRole('heading', { name: /^You are next, about \d:\d\d$/ });
  await title.waitFor();
  await bob.getByRole('list', { name: 'Who drives and who waits' }).getByText('Bob (you)').waitFor();
  await ada.getByRole('list', { name: 'Who drives and who waits' }).getByText('Bob').waitFor();
});

test('the one who waits moves nothing: not by the page, not past it', async () => {
  await aimAt(ada, { x: 250, y: 300 });
  const { turn } = await askDevice(bob);
  await staysWhile(bob, async () => {
    await clickPicture(bob, { x: 420, y: 400 });
    const command = {
      type: 'command',
      device: 'lab-turret',
      name: 'aim',
      params: { x_px: 420, y_px: 400 },
      epoch: turn.epoch,
    };
    const heard = await sayOnWire(bob, [{ ...command, key: 'bob-1', ref: 'bob-1' }]);
    assertRefused(heard, 'bob-1');
  });
});

test('Ada is warned shortly before the end', async () => {
  await turnBar(ada).getByRole('heading', { name: 'Your turn ends soon' }).waitFor({ timeout: 45000 });
});

test('time is up: Bob drives, and the dot follows him', async () => {
  await turnBar(bob)
    .getByRole('heading', { name: /^Your turn/ })
    .waitFor({ timeout: 30000 });
  await turnBar(ada).getByText('Your time is up.').waitFor();
  await turnBar(ada).getByText('Bob is driving').waitFor();
  await aimAt(bob, { x: 400, y: 260 });
});

test("Ada's clicks move nothing any more, nor do her old epoch's commands", async () => {
  const { turn } = await askDevice(ada);
  await staysWhile(ada, async () => {
    await clickPicture(ada, { x: 200, y: 420 });
    const command = { type: 'command', device: 'lab-turret', name: 'aim', params: { x_px: 200, y_px: 420 } };
    const heard = await sayOnWire(ada, [
      { ...command, epoch: turn.epoch - 1, key: 'old', ref: 'old' },
      { ...command, epoch: turn.epoch, key: 'stolen', ref: 'stolen' },
      { ...command, epoch: 0, key: 'none', ref: 'none' },
    ]);
    for (const key of ['old', 'stolen', 'none']) assertRefused(heard, key);
  });
});

test('Bob gives the turn back: nobody drives, and the laser goes out', async () => {
  await bob.getByRole('button', { name: 'Give back' }).click();
  await turnBar(bob).getByText('You gave the turn back.').waitFor();
  await turnBar(ada).getByText('Nobody is driving').waitFor();
  await eventually(async () => assert.equal(await seeDot(bob), null));
});

test('a double click on "Drive now" takes the turn and does not give it back', async () => {
  await drive(bob);
  const { x, y, width, height } = await bob.getByRole('button', { name: 'Give back' }).boundingBox();
  await bob.mouse.move(x + width / 2, y + height / 2);
  // As the second click of two comes: after the page has taken the first, on what stands there then.
  await bob.mouse.down({ clickCount: 2 });
  await bob.mouse.up({ clickCount: 2 });
  await bob.waitForTimeout(500);
  await turnBar(bob).getByRole('heading', { name: 'Your turn', exact: true }).waitFor();
  await bob.getByRole('button', { name: 'Give back' }).click();
  await turnBar(bob).getByText('You gave the turn back.').waitFor();
  await turnBar(ada).getByText('Nobody is driving').waitFor();
  await eventually(async () => assert.equal(await seeDot(bob), null));
});

test('a turn that the page stops feeding ends the laser within the dead-man', async () => {
  await drive(ada);
  await eventually(async () => assert.ok(await seeDot(ada)));
  // The page lives on, but says no beat: as a frozen tab would.
  await ada.evaluate(() => {
    WebSocket.prototype.send = () => undefined;
  });
  await eventually(async () => assert.equal(await seeDot(bob), null), 3000);
});

test('nothing went wrong in either page', () => {
  assertNoFaults(ada, bob);
});

/** Either an error that echoes the ref, or the command's own state; never anything on the way to the device. */
function assertRefused(heard, key) {
  const about = heard.filter((message) => message.ref === key || message.key === key);
  const states = about.filter(({ type }) => type === 'command').map(({ state }) => state);
  const refused = about.some(({ type }) => type === 'error') || states.includes('refused');
  assert.ok(refused, `${key} was not refused: ${JSON.stringify(about)}`);
  assert.ok(!states.some((state) => ['sent', 'acknowledged', 'succeeded'].includes(state)), JSON.stringify(about));
}
