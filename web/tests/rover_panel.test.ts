import { expect, test } from 'vitest';
import { DriveSender } from '../../plugins/motor_robot/panel/drive_sender.js';
import { isPlain } from '../../plugins/motor_robot/panel/message_box.js';
import { dead_zone, mix } from '../../plugins/motor_robot/panel/mixing.js';
import { aRobot, type Tell } from './a_robot.ts';
import { ManualClock } from './support.ts';

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

test('who begins to drive sends a stand before anything else, and tries it again until it is taken', async () => {
  const clock = new ManualClock();
  const { drive, sent, finish } = sender(clock);
  drive.begin();
  drive.want({ left: 50, right: 50 });
  expect(sent.map(({ wheels }) => wheels)).toEqual([{ left: 0, right: 0 }]);
  await finish();
  clock.advance(50);
  await settled();
  expect(sent.map(({ wheels }) => wheels.left)).toEqual([0, 50]);

  const again = sender(clock);
  again.drive.begin();
  for (let i = 0; i < 3; i += 1) {
    await again.finish(i === 2);
    clock.advance(50);
    await settled();
  }
  expect(again.sent.map(({ wheels }) => wheels.left)).toEqual([0, 0, 0]);
});

test('a window that takes the driving over from another one makes the robot stand, and says nothing of a refusal', async () => {
  const { robot, said, sent, refuse } = aRobot(['outputs']);
  const stand = ['drive', { left_percent: 0, right_percent: 0 }];
  expect(sent).toEqual([stand]);
  said.get('$you')?.({ state: 'none', elsewhere: true, place: 0 });
  await settled();
  expect(sent).toEqual([stand]);
  // The other window drove meanwhile; now this one does, in the same turn.
  refuse.with = 'Whoever drives has been silent for too long.';
  said.get('$you')?.({ state: 'active', elsewhere: false, place: 0 });
  expect(sent).toEqual([stand, stand]);
  await settled();
  expect(robot.notice).toBeNull();
  // The same again tells nothing new.
  refuse.with = '';
  said.get('$you')?.({ state: 'none', elsewhere: false, place: 0 });
  said.get('$you')?.({ state: 'active', elsewhere: false, place: 0 });
  said.get('$you')?.({ state: 'active', elsewhere: false, place: 0, remaining_ms: 5000 });
  expect(sent).toEqual([stand, stand, stand]);
});

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

test('a stop or the end of the turn lets go of everything, and nothing drives until a stick is held anew', async () => {
  for (const end of [
    (said: Map<string, Tell>) => said.get('$device')?.({ presence: 'online', stop: { state: 'sent' } }),
    (said: Map<string, Tell>) => said.get('$you')?.({ state: 'none', place: 0 }),
  ]) {
    const { robot, said, sent } = aRobot(['outputs']);
    const moves = (): unknown[] => sent.filter(([name, { left_percent }]) => name === 'drive' && left_percent !== 0);
    await settled();
    robot.hold('keys', { x: 0, y: 1 });
    expect(moves().length).toBe(1);
    end(said);
    expect(robot.wheels).toEqual({ left: 0, right: 0 });
    robot.hold('keys', { x: 0, y: 1 });
    said.get('$device')?.({ presence: 'online', stop: { state: 'none' } });
    said.get('$you')?.({ state: 'active', place: 0 });
    await settled();
    expect(robot.wheels).toEqual({ left: 0, right: 0 });
    expect(moves().length).toBe(1);
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
