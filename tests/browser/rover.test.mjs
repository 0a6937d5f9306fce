// The rover's panel: it is driven by keys and by the stick, and everything is off when nobody holds it. Whether motors
// turn is judged by their pins and by the picture, not by what the page says.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { distance, findDot, still } from './support/dot.mjs';
import { edgesOf, outputsOf } from './support/edges.mjs';
import { Hub } from './support/hub.mjs';
import {
  assertAccessible,
  assertNoFaults,
  drive,
  enter,
  eventually,
  openBrowser,
  seePicture,
  turnBar,
} from './support/people.mjs';
import { askDevice } from './support/wire.mjs';

const rover = '/devices/lab-rover';
/** Numbers of the pins in the edges file. */
const enable = [3, 6];
const [led, buzzer] = [7, 8];
/** The lines of both motors that are high while it drives forwards, and those while it drives backwards. */
const [forwards, backwards] = [
  [2, 4],
  [1, 5],
];

let hub, browser, ada, pins_file;

/** Where a driver may make its file of edges: not beside its agent's state. */
async function benchOf(folder) {
  await mkdir(join(folder, 'bench'), { recursive: true });
  return join(folder, 'bench', 'pins');
}

before(async () => {
  hub = await Hub.start({ length: '300s' });
  pins_file = await benchOf(hub.folder);
  await hub.startLab('lab-rover', 'lab-rover', (text) => text.replace('seed: 1', `seed: 1\n    edges: ${pins_file}`));
  browser = await openBrowser();
  ada = await enter(browser, hub, 'Ada', rover);
  await seePicture(ada);
  await drive(ada);
});
after(async () => {
  await browser?.close();
  await hub?.end();
});

const stick = (page) => page.getByRole('application', { name: 'Joystick' });

/** The duties of both motors, in thousandths. */
async function duties() {
  const pins = await outputsOf(pins_file);
  return enable.map((pin) => pins.get(pin) ?? 0);
}

async function turning() {
  await eventually(async () => assert.ok((await duties()).every((duty) => duty > 0)));
}

async function standing(limit_ms = 2000) {
  await eventually(async () => {
    const pins = await outputsOf(pins_file);
    // All of them: no pulses, and both lines of each motor low.
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6].map((pin) => pins.get(pin) ?? 0),
      [0, 0, 0, 0, 0, 0],
    );
  }, limit_ms);
}

/** How many changes of its pins there have been. */
async function changes() {
  return (await edgesOf(pins_file)).at(-1).number + 1;
}

/** What has put one of these pins on behind so many changes, be it for a moment only. */
async function putOn(pins, since) {
  const edges = await edgesOf(pins_file);
  return edges.filter(({ number, output, value }) => number >= since && pins.includes(output) && value > 0);
}

/** Where the rover is seen: its body is the reddest thing in the yard. */
async function seeRover(page) {
  const dot = findDot(await still(page, 'lab-rover'));
  assert.ok(dot, 'no rover in the picture');
  return dot;
}

async function middleOf(page) {
  await stick(page).scrollIntoViewIfNeeded();
  const box = await stick(page).boundingBox();
  return { x: box.x + box.width / 2, y: box.y + box.height / 2, radius: 0.32 * box.width };
}

/** A gamepad at rest, as the browser shows one; there is none to plug in here. */
function plugInGamepad(page) {
  return page.evaluate(() => {
    const pad = { connected: true, axes: [0, 0], buttons: [{ pressed: false }] };
    navigator.getGamepads = () => [pad];
    window.gamepad_of_test = pad;
    window.dispatchEvent(new Event('gamepadconnected'));
  });
}

function pushGamepad(page, axes) {
  return page.evaluate((to) => (window.gamepad_of_test.axes = to), axes);
}

test('arrow keys drive the rover forwards while they are held, and no longer', async () => {
  const start = await seeRover(ada);
  await stick(ada).focus();
  await ada.keyboard.down('ArrowUp');
  await turning();
  await ada.getByText(/^Left [1-9]\d* %, right [1-9]\d* %$/).waitFor();
  await eventually(async () => assert.ok(distance(await seeRover(ada), start) > 12), 8000);
  await ada.keyboard.up('ArrowUp');
  await standing();
  await ada.getByText('Left 0 %, right 0 %').waitFor();
  // Nothing that a screen reader would tell with each percent.
  const speeds = ada.getByText('Left 0 %, right 0 %');
  assert.ok(await speeds.evaluate((element) => !element.closest('output, [aria-live], [role=status]')));
});

test('the stick drives by the mouse: to the right both motors turn, and letting go stops them', async () => {
  const { x, y, radius } = await middleOf(ada);
  await ada.mouse.move(x, y);
  await ada.mouse.down();
  await ada.mouse.move(x + radius, y, { steps: 4 });
  await eventually(async () => {
    const pins = await outputsOf(pins_file);
    // To the right on the spot: left forwards (CCW, IN2 of motor 1), right backwards (CCW, IN2 of motor 2).
    assert.deepEqual(
      [1, 2, 4, 5].map((pin) => pins.get(pin)),
      [0, 1, 0, 1],
    );
  });
  await turning();
  await ada.mouse.up();
  await standing();
});

test('the stick lets go when the page loses the focus', async () => {
  const { x, y, radius } = await middleOf(ada);
  await ada.mouse.move(x, y);
  await ada.mouse.down();
  await ada.mouse.move(x, y - radius, { steps: 2 });
  await turning();
  await ada.evaluate(() => window.dispatchEvent(new Event('blur')));
  await standing();
  await ada.mouse.up();
});

test('orientation and climate are told while it drives, and the body leans with it', async () => {
  const told = ada.getByText(/^Pitch -?[\d.]+°, roll -?[\d.]+°$/);
  await told.waitFor();
  const before_text = await told.textContent();
  await stick(ada).focus();
  await ada.keyboard.down('KeyS');
  await eventually(async () => assert.notEqual(await told.textContent(), before_text));
  await ada.keyboard.up('KeyS');
  await standing();
  const body = ada.getByRole('img', { name: /^The robot’s body: nose \d+ degrees (up|down), leaning/ });
  await body.waitFor();
  // Chromium without a graphics card draws in three dimensions by software, or not at all: then in two views.
  await eventually(async () => assert.equal(await body.locator('canvas, svg').count(), 1));
});

test('light and buzzer are switched, and shown as they are', async () => {
  for (const [name, pin] of [
    ['Light', led],
    ['Buzzer', buzzer],
  ]) {
    const control = ada.getByRole('switch', { name });
    assert.equal(await control.getAttribute('aria-checked'), 'false');
    await control.click();
    await eventually(async () => assert.equal(await control.getAttribute('aria-checked'), 'true'));
    assert.equal((await outputsOf(pins_file)).get(pin), 1);
    await control.click();
    await eventually(async () => assert.equal(await control.getAttribute('aria-checked'), 'false'));
    assert.equal((await outputsOf(pins_file)).get(pin), 0);
  }
});

test('a switch whose key is held flips once', async () => {
  const light = ada.getByRole('switch', { name: 'Light' });
  const since = await changes();
  await light.focus();
  for (let i = 0; i < 6; i += 1) {
    await ada.keyboard.down('Enter');
    await ada.waitForTimeout(60);
  }
  await ada.keyboard.up('Enter');
  await eventually(async () => assert.equal(await light.getAttribute('aria-checked'), 'true'));
  const flips = (await edgesOf(pins_file)).filter(({ number, output }) => number >= since && output === led);
  assert.equal(flips.length, 1);
  await light.press('Enter');
  await eventually(async () => assert.equal(await light.getAttribute('aria-checked'), 'false'));
});

test('a number that is typed over an old one in a form keeps its sign', async () => {
  await ada.getByText('All commands, as forms').click();
  await ada.locator('details.command > summary', { hasText: /^\s*Drive/ }).click();
  const form = ada.getByRole('form', { name: 'Drive' });
  const left = form.getByRole('spinbutton', { name: 'Left' });
  const slider = form.getByRole('slider', { name: 'Left, slider' });
  assert.equal(await left.inputValue(), '0');
  for (const number of ['-50', '-0.5', '-0.25']) {
    await left.press('ControlOrMeta+a');
    // Key by key, as a person types: "-" and "-0" stand there for a moment.
    await left.pressSequentially(number);
    assert.equal(await left.inputValue(), number);
  }
  await left.press('ControlOrMeta+a');
  await left.pressSequentially('-50');
  await eventually(async () => assert.equal(await slider.inputValue(), '-50'));
  await slider.fill('20');
  await eventually(async () => assert.equal(await left.inputValue(), '20'));
  await left.press('ControlOrMeta+a');
  await left.pressSequentially('-');
  await form.getByRole('button', { name: 'Drive' }).click();
  await form.getByText('Enter a number.').waitFor();
  await ada.getByText('All commands, as forms').click();
});

test('a message reaches the robot, and letters that old ones lack are pointed out', async () => {
  const field = ada.getByRole('textbox', { name: 'Message' });
  await field.fill('Grüße aus dem Hof');
  await ada.getByText('Older robots can show plain ASCII letters only.').waitFor();
  await ada.getByRole('button', { name: 'Send', exact: true }).click();
  await ada.getByText('At the robot: Grüße aus dem Hof').waitFor();
  assert.equal(await field.inputValue(), '');
});

test('the driving that another window takes over leaves nothing running, though a key is held in the first', async () => {
  const second = await ada.context().newPage();
  second.faults = [];
  await second.goto(new URL(rover, hub.url).href);
  await turnBar(second).getByRole('heading', { name: 'Your turn, in another tab' }).waitFor();
  await stick(ada).focus();
  await ada.keyboard.down('ArrowUp');
  await turning();
  await second.getByRole('button', { name: 'Drive from here' }).click();
  await turnBar(second).getByRole('heading', { name: 'Your turn', exact: true }).waitFor();
  await standing();
  const since = await changes();
  await second.waitForTimeout(700); // longer than the dead-man: the second window keeps the permit alive
  assert.deepEqual(await putOn([1, 2, 3, 4, 5, 6], since), []);
  await ada.keyboard.up('ArrowUp');
  await stick(second).focus();
  await second.keyboard.down('ArrowUp');
  await turning();
  await second.keyboard.up('ArrowUp');
  await standing();
  await ada.getByRole('button', { name: 'Drive from here' }).click();
  await turnBar(ada).getByRole('heading', { name: 'Your turn', exact: true }).waitFor();
  assertNoFaults(second);
  await second.close();
});

test('STOP takes everything off though the key is held, and who does not hold the turn moves nothing', async () => {
  await ada.getByRole('switch', { name: 'Buzzer' }).click();
  await stick(ada).focus();
  await ada.keyboard.down('ArrowUp');
  await turning();
  await eventually(async () => {
    const pins = await outputsOf(pins_file);
    assert.deepEqual(
      [...forwards, ...backwards].map((pin) => pins.get(pin)),
      [1, 1, 0, 0],
    );
  });
  const bob = await enter(browser, hub, 'Bob', rover);
  await stick(bob).focus();
  const before_bob = await changes();
  await bob.keyboard.press('KeyS', { delay: 200 }); // backwards, while Ada drives forwards
  await bob.getByText('Join the line to drive.').first().waitFor();
  await turning();
  await bob.getByRole('button', { name: 'Stop Lab rover' }).click();
  await standing();
  assert.equal((await outputsOf(pins_file)).get(buzzer), 0);
  assert.deepEqual(await putOn(backwards, before_bob), []);
  await eventually(async () => assert.equal((await askDevice(bob, 'lab-rover')).stop.state, 'confirmed'));
  const once_stopped = await changes();
  await ada.waitForTimeout(400); // the key is still held: nothing may come back by itself
  assert.deepEqual(await putOn([1, 2, 3, 4, 5, 6, buzzer], once_stopped), []);
  await standing();
  await ada.keyboard.up('ArrowUp');
  assertNoFaults(bob);
  await bob.context().close();
});

test('nothing went wrong in the page', () => {
  assertNoFaults(ada);
});

test('a driver whose page is closed leaves the motors off at once', async () => {
  const other = await Hub.start({ length: '300s' });
  try {
    pins_file = await benchOf(other.folder);
    await other.startLab('lab-rover', 'lab-rover', (text) =>
      text.replace('seed: 1', `seed: 1\n    edges: ${pins_file}`),
    );
    const eve = await enter(browser, other, 'Eve', rover);
    await seePicture(eve);
    await drive(eve);
    await stick(eve).focus();
    await eve.keyboard.down('ArrowUp');
    await turning();
    await eve.close();
    await standing(1500);
  } finally {
    await other.end();
  }
});

test('who leaves the page while a gamepad drives counts as away, and loses the turn after the grace time', async () => {
  // An older robot has no pictures: nothing but its page watches it.
  const other = await Hub.start({ length: '300s', grace: '2s' }, [
    'robots:',
    '  listen: 127.0.0.1:0',
    '  accept: auto',
    '  accept_unfenced: true',
  ]);
  try {
    await other.startRobot('1as6df', 'Yard robot');
    const eve = await enter(browser, other, 'Eve', '/');
    await plugInGamepad(eve);
    await eve.getByRole('link', { name: 'Yard robot' }).click({ timeout: 20000 });
    const id = new URL(eve.url()).pathname.split('/').at(-1);
    await stick(eve).waitFor({ timeout: 20000 });
    await drive(eve);
    await pushGamepad(eve, [0, -1]);
    await eve.getByText(/^Left [1-9]\d* %, right [1-9]\d* %$/).waitFor();
    await eve.evaluate(() => history.back());
    await eve.getByRole('heading', { level: 1, name: 'Devices' }).waitFor();
    await eventually(async () => assert.equal((await askDevice(eve, id)).turn.holder, null), 8000);
    assertNoFaults(eve);
    await eve.context().close();
  } finally {
    await other.end();
  }
});

for (const colorScheme of ['light', 'dark']) {
  test(`the rover's page fits 360 pixels and is accessible, ${colorScheme}`, async () => {
    const page = await enter(browser, hub, 'Cleo', rover, {
      viewport: { width: 360, height: 740 },
      hasTouch: true,
      colorScheme,
      reducedMotion: 'reduce',
    });
    await stick(page).waitFor();
    await page.getByText(/^Pitch -?[\d.]+°/).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    const right = await page.getByRole('button', { name: 'Send', exact: true }).evaluate((button) => {
      const panel = button.getRootNode().host;
      return button.getBoundingClientRect().right - panel.getBoundingClientRect().right;
    });
    assert.ok(right <= 0.5, `the panel is ${right} pixels too wide`);
    await assertAccessible(page, `rover, ${colorScheme}`);
    await page.context().close();
  });
}
