import { afterEach, expect, test, vi } from 'vitest';
import { DriveSender } from '../../plugins/motor_robot/panel/drive_sender.js';
import { GamepadStick } from '../../plugins/motor_robot/panel/gamepad.js';
import { Joystick } from '../../plugins/motor_robot/panel/joystick.js';
import { isPlain } from '../../plugins/motor_robot/panel/message_box.js';
import { dead_zone, mix } from '../../plugins/motor_robot/panel/mixing.js';
import { Robot } from '../../plugins/motor_robot/panel/robot.js';
import { ManualClock } from './support.ts';

afterEach(() => vi.unstubAllGlobals());

interface Wheels {
  left: number;
  right: number;
}

const settled = async (): Promise<void> => {
  for (let i = 0; i < 8; i += 1) await Promise.resolve();
};

test('forwards is both alike, sideways turns on the spot, and a bend slows the inner side', () => {
  expect(mix({ x: 0, y: 1 })).toEqual({ left: 100, right: 100 });
  expect(mix({ x: 0, y: -1 })).toEqual({ left: -100, right: -100 });
  expect(mix({ x: 1, y: 0 })).toEqual({ left: 100, right: -100 });
  expect(mix({ x: -1, y: 0 })).toEqual({ left: -100, right: 100 });
  const bend = mix({ x: 0.3, y: 0.8 });
  expect(bend.left).toBeGreaterThan(bend.right);
  expect(bend.right).toBeGreaterThan(0);
});

test('near its middle a stick does nothing, behind that it begins softly', () => {
  expect(mix({ x: 0, y: 0 })).toEqual({ left: 0, right: 0 });
  expect(mix({ x: 0.05, y: -0.05 })).toEqual({ left: 0, right: 0 });
  expect(mix({ x: 0, y: dead_zone + 0.03 }).left).toBeLessThan(5);
});

test('no stick, however far, gives more than the limit; a broken one gives nothing', () => {
  for (let angle = 0; angle < 6.3; angle += 0.1) {
    const { left, right } = mix({ x: 5 * Math.cos(angle), y: 5 * Math.sin(angle) }, 60);
    expect(Math.max(Math.abs(left), Math.abs(right))).toBe(60);
    expect(Number.isInteger(left) && Number.isInteger(right)).toBe(true);
  }
  expect(mix({ x: NaN, y: 1 })).toEqual({ left: 0, right: 0 });
  expect(mix({ x: 0, y: Infinity })).toEqual({ left: 0, right: 0 });
});

function sender(clock: ManualClock): {
  drive: DriveSender;
  sent: { at: number; wheels: Wheels }[];
  finish: (taken?: boolean) => Promise<void>;
} {
  const sent: { at: number; wheels: Wheels }[] = [];
  const open: ((taken: boolean) => void)[] = [];
  const send = (wheels: Wheels): Promise<boolean> => {
    sent.push({ at: clock.now(), wheels });
    return new Promise((resolve) => open.push(resolve));
  };
  const drive = new DriveSender(
    send,
    () => clock.now(),
    (delay_ms: number, run: () => void) => void clock.after(delay_ms, run),
  );
  const finish = async (taken = true): Promise<void> => {
    for (const resolve of open.splice(0)) resolve(taken);
    await settled();
  };
  return { drive, sent, finish };
}

test('a quick hand gives at most twenty orders a second, and the newest wins', async () => {
  const clock = new ManualClock();
  const { drive, sent, finish } = sender(clock);
  for (let ms = 0; ms < 995; ms += 5) {
    drive.want({ left: ms % 90, right: 10 });
    await finish();
    clock.advance(5);
    await settled();
  }
  expect(sent.length).toBeGreaterThanOrEqual(18);
  expect(sent.length).toBeLessThanOrEqual(20);
});

test('a held stick is said again ten times a second', async () => {
  const clock = new ManualClock();
  const { drive, sent, finish } = sender(clock);
  drive.want({ left: 50, right: 50 });
  for (let ms = 0; ms < 1000; ms += 10) {
    await finish();
    clock.advance(10);
    await settled();
  }
  expect(sent.length).toBeGreaterThanOrEqual(9);
  expect(sent.length).toBeLessThanOrEqual(11);
});

test('letting go is sent at once, though an order is under way and the rate is used up, and only once', async () => {
  const clock = new ManualClock();
  const { drive, sent, finish } = sender(clock);
  drive.want({ left: 50, right: 50 });
  clock.advance(3);
  drive.want({ left: 0, right: 0 });
  expect(sent.map(({ at, wheels }) => [at - (sent[0]?.at ?? 0), wheels.left])).toEqual([
    [0, 50],
    [3, 0],
  ]);
  drive.want({ left: 0, right: 0 });
  await finish();
  clock.advance(5000);
  await settled();
  expect(sent.length).toBe(2);
});

test('a trembling hand that lets go again and again stays within the rate on average', async () => {
  const clock = new ManualClock();
  const { drive, sent, finish } = sender(clock);
  for (let ms = 0; ms < 2000; ms += 5) {
    drive.want(ms % 10 === 0 ? { left: 40, right: 40 } : { left: 0, right: 0 });
    await finish();
    clock.advance(5);
    await settled();
  }
  expect(sent.length).toBeLessThanOrEqual(42);
});

test('a stop that was not taken is tried again, five times in all', async () => {
  const clock = new ManualClock();
  const { drive, sent, finish } = sender(clock);
  drive.want({ left: 50, right: 50 });
  await finish();
  drive.want({ left: 0, right: 0 });
  for (let i = 0; i < 20; i += 1) {
    await finish(false);
    clock.advance(50);
    await settled();
  }
  expect(sent.filter(({ wheels }) => wheels.left === 0).length).toBe(5);
});

test('what was not sent before the turn ended is forgotten, and a stop is not tried for ever', async () => {
  const clock = new ManualClock();
  const { drive, sent, finish } = sender(clock);
  drive.want({ left: 50, right: 50 });
  drive.want({ left: 60, right: 60 });
  drive.forget();
  await finish();
  clock.advance(1000);
  await settled();
  expect(sent.length).toBe(1);
});

type Tell = (value: Record<string, unknown>) => void;

function aRobot(channels: string[]): {
  robot: Robot;
  said: Map<string, Tell>;
  sent: [string, Record<string, unknown>][];
  refuse: { with: string };
} {
  const said = new Map<string, Tell>();
  const sent: [string, Record<string, unknown>][] = [];
  const refuse = { with: '' };
  const robot = new Robot({
    device: 'lab-rover',
    typeInfo: {
      commands: ['drive', 'led', 'buzzer'].map((name) => ({ name })),
      channels: channels.map((name) => ({ name })),
    },
    subscribe: (channel: string, callback: Tell) => {
      said.set(channel, callback);
      return () => undefined;
    },
    send: (name: string, params: Record<string, unknown>) => {
      sent.push([name, params]);
      return refuse.with
        ? // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as the page's api does
          Promise.reject({ code: 'x', detail: refuse.with })
        : Promise.resolve({ state: 'succeeded', value: {} });
    },
  });
  robot.follow(() => undefined);
  said.get('$device')?.({ presence: 'online', stop: { state: 'none' } });
  said.get('$you')?.({ state: 'active', place: 0 });
  return { robot, said, sent, refuse };
}

test('of sticks that are held together the first counts, and each lets go for itself', () => {
  const { robot } = aRobot(['outputs']);
  robot.setLimit(100);
  robot.hold('keys', { x: 0, y: 1 });
  robot.hold('gamepad', { x: 1, y: 0 });
  expect(robot.wheels).toEqual({ left: 100, right: 100 });
  robot.release('keys');
  expect(robot.wheels).toEqual({ left: 100, right: -100 });
  robot.release('gamepad');
  expect(robot.wheels).toEqual({ left: 0, right: 0 });
});

test('a stop or the end of the turn lets go of everything, and nothing drives until a stick is held anew', () => {
  for (const end of [
    (said: Map<string, Tell>) => said.get('$device')?.({ presence: 'online', stop: { state: 'sent' } }),
    (said: Map<string, Tell>) => said.get('$you')?.({ state: 'none', place: 0 }),
  ]) {
    const { robot, said, sent } = aRobot(['outputs']);
    robot.hold('keys', { x: 0, y: 1 });
    expect(sent.length).toBe(1);
    end(said);
    expect(robot.wheels).toEqual({ left: 0, right: 0 });
    robot.hold('keys', { x: 0, y: 1 });
    said.get('$device')?.({ presence: 'online', stop: { state: 'none' } });
    said.get('$you')?.({ state: 'active', place: 0 });
    expect(robot.wheels).toEqual({ left: 0, right: 0 });
    expect(sent.length).toBe(1);
  }
});

test('switches show what the robot says, not what was asked for', async () => {
  const { robot, said } = aRobot(['outputs']);
  await robot.toggle('led');
  expect(robot.isOn('led')).toBe(false);
  said.get('outputs')?.({ led: true, buzzer: false });
  expect(robot.isOn('led')).toBe(true);
});

test('a robot that tells of no outputs shows what was sent and taken last', async () => {
  const { robot, refuse, sent } = aRobot([]);
  await robot.toggle('led');
  expect(robot.isOn('led')).toBe(true);
  refuse.with = 'No.';
  await robot.toggle('led');
  expect(robot.isOn('led')).toBe(true);
  expect(robot.notice?.text).toBe('No.');
  expect(sent.at(-1)).toEqual(['led', { on: false }]);
});

test('letters that old robots lack are told', () => {
  expect(isPlain('Hello, robot!')).toBe(true);
  expect(isPlain('Grüße')).toBe(false);
  expect(isPlain('🤖')).toBe(false);
  expect(isPlain('')).toBe(true);
});

interface Desk {
  pad: { connected: boolean; axes: number[] };
  pads: { now: (Desk['pad'] | null)[] };
  focus: { here: boolean };
  frames: (() => void)[];
  lookAgain: () => void;
}

/** A browser with one gamepad, whose frames the test draws. */
function aDesk(): Desk {
  const pad = { connected: true, axes: [0, 0] };
  const pads = { now: [null, pad] as (typeof pad | null)[] };
  const focus = { here: true };
  const frames: (() => void)[] = [];
  vi.stubGlobal('window', new EventTarget());
  vi.stubGlobal('document', { hasFocus: () => focus.here });
  vi.stubGlobal('navigator', { getGamepads: () => pads.now });
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => frames.push(run));
  vi.stubGlobal('cancelAnimationFrame', () => (frames.length = 0));
  return { pad, pads, focus, frames, lookAgain: () => frames.shift()?.() };
}

test('a gamepad drives by its left stick, and lets go when that rests, when it is unplugged and when the panel goes', () => {
  const { robot } = aRobot(['outputs']);
  robot.setLimit(100);
  const { pad, pads, frames, lookAgain } = aDesk();
  const stick = new GamepadStick(robot);
  stick.start();
  expect(robot.wheels).toEqual({ left: 0, right: 0 });
  pad.axes = [0, -1];
  lookAgain();
  expect(robot.wheels).toEqual({ left: 100, right: 100 });
  pad.axes = [0.05, -0.1];
  lookAgain();
  expect(robot.wheels).toEqual({ left: 0, right: 0 });
  pad.axes = [1, 0];
  lookAgain();
  expect(robot.wheels).toEqual({ left: 100, right: -100 });
  pads.now = [null, null];
  lookAgain();
  expect(robot.wheels).toEqual({ left: 0, right: 0 });
  expect(frames.length).toBe(0);
  pads.now = [pad];
  window.dispatchEvent(new Event('gamepadconnected'));
  expect(robot.wheels).toEqual({ left: 0, right: 0 });
  pad.axes = [0, 0];
  lookAgain();
  pad.axes = [1, 0];
  lookAgain();
  expect(robot.wheels).toEqual({ left: 100, right: -100 });
  stick.stop();
  expect(robot.wheels).toEqual({ left: 0, right: 0 });
});

test("a gamepad's stick that is held while nothing may be moved drives only after it was at rest", () => {
  const { robot, said } = aRobot(['outputs']);
  robot.setLimit(100);
  const { pad, focus, lookAgain } = aDesk();
  const stick = new GamepadStick(robot);
  said.get('$you')?.({ state: 'waiting', place: 1 });
  pad.axes = [0, -1];
  stick.start();
  const away: [end: () => void, begin: () => void][] = [
    [() => undefined, () => said.get('$you')?.({ state: 'active', place: 0 })],
    [
      () => said.get('$device')?.({ presence: 'online', stop: { state: 'sent' } }),
      () => said.get('$device')?.({ presence: 'online', stop: { state: 'none' } }),
    ],
    [() => (focus.here = false), () => (focus.here = true)],
    // Between two frames, or while none are drawn.
    [() => stick.letGo(), () => undefined],
  ];
  for (const [end, begin] of away) {
    end();
    lookAgain();
    expect(robot.wheels).toEqual({ left: 0, right: 0 });
    begin();
    lookAgain();
    expect(robot.wheels).toEqual({ left: 0, right: 0 });
    pad.axes = [0, 0];
    lookAgain();
    pad.axes = [0, -1];
    lookAgain();
    expect(robot.wheels).toEqual({ left: 100, right: 100 });
  }
});

/** As much of an element as the stick needs. */
class PlainElement extends EventTarget {
  readonly style: Record<string, string> = {};
  private readonly attributes_ = new Map<string, string>();
  append(): void {
    // Nothing is drawn here.
  }
  setPointerCapture(): void {
    // The test's pointer goes nowhere else.
  }
  getBoundingClientRect(): { left: number; top: number; width: number; height: number } {
    return { left: 0, top: 0, width: 100, height: 100 };
  }
  getAttribute(name: string): string | null {
    return this.attributes_.get(name) ?? null;
  }
  setAttribute(name: string, value: string): void {
    this.attributes_.set(name, value);
  }
  hasAttribute(name: string): boolean {
    return this.attributes_.has(name);
  }
}

function aStick(): ReturnType<typeof aRobot> & { act: (type: string, more: Record<string, unknown>) => void } {
  vi.stubGlobal('document', { createElement: () => new PlainElement() });
  const made = aRobot(['outputs']);
  made.robot.setLimit(100);
  const stick = new Joystick(made.robot);
  made.robot.follow(() => stick.draw());
  const element = stick.element as unknown as EventTarget;
  return { ...made, act: (type, more) => void element.dispatchEvent(Object.assign(new Event(type), more)) };
}

test('a finger or a key that stays through a stop drives only when it presses anew', () => {
  const { robot, said, act } = aStick();
  const finger = { pointerId: 1, button: 0, clientX: 50, clientY: 0 };
  act('pointerdown', finger);
  expect(robot.wheels).toEqual({ left: 100, right: 100 });
  said.get('$device')?.({ presence: 'online', stop: { state: 'sent' } });
  said.get('$device')?.({ presence: 'online', stop: { state: 'none' } });
  act('pointermove', { ...finger, clientX: 51 });
  expect(robot.wheels).toEqual({ left: 0, right: 0 });
  act('pointerup', finger);
  act('pointerdown', finger);
  expect(robot.wheels).toEqual({ left: 100, right: 100 });
  act('pointerup', finger);

  act('keydown', { code: 'KeyW', key: 'w' });
  expect(robot.wheels).toEqual({ left: 100, right: 100 });
  said.get('$device')?.({ presence: 'online', stop: { state: 'sent' } });
  said.get('$device')?.({ presence: 'online', stop: { state: 'none' } });
  act('keydown', { code: 'KeyW', key: 'w', repeat: true });
  expect(robot.wheels).toEqual({ left: 0, right: 0 });
});

test('the Meta key lets go of the keys: while it is down, some systems never tell that another one was let go of', () => {
  const { robot, act } = aStick();
  act('keydown', { code: 'KeyW', key: 'w' });
  act('keydown', { code: 'MetaLeft', key: 'Meta', metaKey: true });
  expect(robot.wheels).toEqual({ left: 0, right: 0 });
  act('keyup', { code: 'MetaLeft', key: 'Meta' });
  expect(robot.wheels).toEqual({ left: 0, right: 0 });
  act('keydown', { code: 'KeyW', key: 'w' });
  expect(robot.wheels).toEqual({ left: 100, right: 100 });
  act('keydown', { code: 'KeyD', key: 'd', metaKey: true });
  expect(robot.wheels).toEqual({ left: 0, right: 0 });
});
