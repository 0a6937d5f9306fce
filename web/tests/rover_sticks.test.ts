import { afterEach, expect, test, vi } from 'vitest';
import { GamepadStick } from '../../plugins/motor_robot/panel/gamepad.js';
import { Joystick } from '../../plugins/motor_robot/panel/joystick.js';
import { aRobot } from './a_robot.ts';

afterEach(() => vi.unstubAllGlobals());

interface Desk {
  pad: { connected: boolean; axes: number[]; buttons: unknown[] };
  pads: { now: (Desk['pad'] | null)[] };
  focus: { here: boolean };
  frames: (() => void)[];
  lookAgain: () => void;
}

function aPad(): Desk['pad'] {
  return { connected: true, axes: [0, 0], buttons: [{ pressed: false }] };
}

/** A browser with one gamepad, whose frames the test draws. */
function aDesk(): Desk {
  const pad = aPad();
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

test('of two gamepads the one drives that is pushed, and the other only when it was at rest behind that', () => {
  const { robot } = aRobot(['outputs']);
  robot.setLimit(100);
  const { pad, pads, lookAgain } = aDesk();
  const other = aPad();
  pads.now = [pad, null, other];
  const stick = new GamepadStick(robot);
  stick.start();
  other.axes = [0, -1];
  lookAgain();
  expect(robot.wheels).toEqual({ left: 100, right: 100 });
  pad.axes = [1, 0];
  lookAgain();
  expect(robot.wheels).toEqual({ left: 100, right: 100 });
  other.axes = [0, 0];
  lookAgain();
  lookAgain();
  expect(robot.wheels).toEqual({ left: 0, right: 0 });
  pad.axes = [0, 0];
  lookAgain();
  pad.axes = [1, 0];
  lookAgain();
  expect(robot.wheels).toEqual({ left: 100, right: -100 });
  // The one that drives is unplugged while the other one is held: nothing takes its place.
  other.axes = [0, -1];
  pads.now = [null, null, other];
  lookAgain();
  expect(robot.wheels).toEqual({ left: 0, right: 0 });
  lookAgain();
  expect(robot.wheels).toEqual({ left: 0, right: 0 });
});

test('what the system lists as a joystick without any button is no gamepad', () => {
  const { robot } = aRobot(['outputs']);
  robot.setLimit(100);
  const { pad, pads, lookAgain } = aDesk();
  const accelerometer = { ...aPad(), buttons: [] };
  pads.now = [accelerometer, pad];
  const stick = new GamepadStick(robot);
  stick.start();
  accelerometer.axes = [1, 0];
  lookAgain();
  expect(robot.wheels).toEqual({ left: 0, right: 0 });
  pad.axes = [0, -1];
  lookAgain();
  expect(robot.wheels).toEqual({ left: 100, right: 100 });
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
