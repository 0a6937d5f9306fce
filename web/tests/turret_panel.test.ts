import { afterEach, expect, test, vi } from 'vitest';
import { AimSender } from '../../plugins/laser_turret/panel/aim_sender.js';
import { CalibrationDraft } from '../../plugins/laser_turret/panel/calibration_draft.js';
import { ignoreHeldKeys } from '../../plugins/laser_turret/panel/held_keys.js';
import { HeldPointer } from '../../plugins/laser_turret/panel/held_pointer.js';
import { Turret } from '../../plugins/laser_turret/panel/turret.js';
import { ManualClock, MemoryStorage } from './support.ts';

afterEach(() => vi.useRealTimers());

const settled = async (): Promise<void> => {
  for (let i = 0; i < 5; i += 1) await Promise.resolve();
};

interface Point {
  x_px: number;
  y_px: number;
}

function sender(clock: ManualClock): { aims: AimSender; sent: number[]; finish: () => Promise<void> } {
  const sent: number[] = [];
  const open: (() => void)[] = [];
  const send = ({ x_px }: Point): Promise<void> => {
    sent.push(x_px);
    return new Promise((resolve) => open.push(resolve));
  };
  const aims = new AimSender(
    send,
    () => clock.now(),
    (delay_ms: number, run: () => void) => void clock.after(delay_ms, run),
  );
  const finish = async (): Promise<void> => {
    open.shift()?.();
    await settled();
  };
  return { aims, sent, finish };
}

test('only one aim is under way, and of those that came meanwhile the newest wins', async () => {
  const clock = new ManualClock();
  const { aims, sent, finish } = sender(clock);
  for (const x_px of [1, 2, 3, 4]) aims.aim({ x_px, y_px: 0 });
  expect(sent).toEqual([1]);
  clock.advance(100);
  await finish();
  expect(sent).toEqual([1, 4]);
  await finish();
  clock.advance(1000);
  expect(sent).toEqual([1, 4]);
});

test('a quick turret is aimed at most twenty times a second', async () => {
  const clock = new ManualClock();
  const { aims, sent, finish } = sender(clock);
  for (let ms = 0; ms < 995; ms += 5) {
    aims.aim({ x_px: ms, y_px: 0 });
    await finish();
    clock.advance(5);
  }
  expect(sent.length).toBeGreaterThanOrEqual(18);
  expect(sent.length).toBeLessThanOrEqual(20);
});

test('a wish that was not sent before the turn ended is forgotten', async () => {
  const clock = new ManualClock();
  const { aims, sent, finish } = sender(clock);
  aims.aim({ x_px: 1, y_px: 0 });
  aims.aim({ x_px: 2, y_px: 0 });
  aims.forget();
  await finish();
  clock.advance(1000);
  expect(sent).toEqual([1]);
});

const picture = { width: 640, height: 480 };
const aDraft = (storage = new MemoryStorage()): CalibrationDraft =>
  new CalibrationDraft('d', storage as unknown as Storage);

test('a calibration goes through its four points and is complete after the last', () => {
  const draft = aDraft();
  draft.begin(picture, undefined);
  const steps = [];
  for (let i = 0; i < 4; i += 1) {
    steps.push(draft.step);
    expect(draft.complete).toBe(false);
    draft.take({ x_counts: 300 + i, y_counts: 200 + i });
  }
  expect(steps).toEqual([0, 1, 2, 3]);
  expect(draft.complete).toBe(true);
  expect(draft.pairs[2]).toMatchObject({ x_counts: 302, y_counts: 202 });
});

test('a draft survives a reload and ends with its discard', () => {
  const storage = new MemoryStorage();
  const draft = aDraft(storage);
  draft.begin(picture, undefined);
  draft.move(0, 100.4, 77, picture);
  draft.take({ x_counts: 333, y_counts: 222 });
  const reloaded = aDraft(storage);
  expect(reloaded.open).toBe(true);
  expect(reloaded.step).toBe(1);
  expect(reloaded.pairs[0]).toEqual({ x_px: 100, y_px: 77, x_counts: 333, y_counts: 222 });
  reloaded.discard();
  expect(aDraft(storage).open).toBe(false);
});

test('a draft starts at the points of the old calibration, their counts to be taken anew', () => {
  const draft = aDraft();
  const old = [1, 2, 3, 4].map((n) => ({ x_px: 10 * n, y_px: 20 * n }));
  draft.begin(picture, old);
  expect(draft.pairs.map(({ x_px, y_px }) => [x_px, y_px])).toEqual([
    [10, 20],
    [20, 40],
    [30, 60],
    [40, 80],
  ]);
  expect(draft.taken(0)).toBe(false);
});

test('points stay inside the picture', () => {
  const draft = aDraft();
  draft.begin(picture, undefined);
  draft.move(3, 9999, -5, picture);
  expect(draft.pairs[3]).toMatchObject({ x_px: 639, y_px: 0 });
});

test('storage that holds rubbish holds no draft', () => {
  const storage = new MemoryStorage();
  storage.setItem('robohub.laser_turret.calibration.d', '{"open":true,"pairs":[1]}');
  expect(aDraft(storage).open).toBe(false);
});

type Tell = (value: Record<string, unknown>) => void;

interface Sent {
  name: string;
  params: Record<string, unknown>;
  finish: () => Promise<void>;
}

interface Driven {
  turret: Turret;
  said: Map<string, Tell>;
  sent: Sent[];
}

/** A turret on my turn, whose commands the test ends; the size of the picture that is `shown` is told first. */
function aTurret(shown: Record<string, unknown> | null = picture): Driven {
  const said = new Map<string, Tell>();
  const sent: Sent[] = [];
  const turret = new Turret({
    device: 'lab-turret',
    subscribe: (channel: string, callback: Tell) => {
      said.set(channel, callback);
      return () => undefined;
    },
    send: (name: string, params: Record<string, unknown>) =>
      new Promise((resolve) => {
        const finish = async (): Promise<void> => {
          resolve({ state: 'succeeded', value: {} });
          await settled();
        };
        sent.push({ name, params, finish });
      }),
  });
  turret.follow(() => undefined);
  if (shown) said.get('$picture')?.(shown);
  said.get('$device')?.({ presence: 'online', stop: { state: 'none' } });
  said.get('$you')?.({ state: 'active', place: 0 });
  return { turret, said, sent };
}

test('a wish and a drag of before a stop move nothing when it is reset', async () => {
  vi.useFakeTimers();
  const { turret, said, sent } = aTurret();
  turret.drag.press({ pointerId: 1, button: 0, ctrlKey: false });
  turret.aim({ x_px: 1, y_px: 0 });
  turret.aim({ x_px: 2, y_px: 0 });
  said.get('$device')?.({ presence: 'online', stop: { state: 'sent' } });
  said.get('$device')?.({ presence: 'online', stop: { state: 'none' } });
  await sent[0]?.finish();
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent.map(({ params }) => params['x_px'])).toEqual([1]);
  expect(turret.drag.held).toBe(false);
  expect(turret.aimed).toMatchObject({ x_px: 2 });
  said.get('$you')?.({ state: 'none', place: 0 });
  expect(turret.aimed).toBeNull();
});

test('nothing is aimed at before there is a picture, and its points are those of the picture that is shown', () => {
  const { turret, said, sent } = aTurret(null);
  turret.aim({ x_px: 320, y_px: 240 });
  expect(sent).toEqual([]);
  expect([turret.aims, turret.mine, turret.whyNoAim]).toEqual([false, true, 'There is no picture yet.']);
  said.get('$picture')?.({ width: 1280, height: 720 });
  expect([turret.aims, turret.whyNoAim]).toEqual([true, '']);
  turret.aim({ x_px: 640, y_px: 360 });
  expect(sent.map(({ params }) => params)).toEqual([{ x_px: 640, y_px: 360 }]);
  said.get('$picture')?.({ width: 1280, height: 720 });
  expect(turret.aimed).toMatchObject({ x_px: 640 });
  turret.drag.press({ pointerId: 1, button: 0, ctrlKey: false });
  said.get('$picture')?.({ width: 640, height: 480 });
  expect(turret.aimed).toBeNull();
  expect(turret.drag.held).toBe(false);
});

test('a pointer drags only while its own main button is down, also when nobody told that it was let go of', () => {
  const drag = new HeldPointer();
  const press = { pointerId: 1, button: 0, ctrlKey: false };
  expect(drag.drags({ pointerId: 1, buttons: 1 })).toBe(false);
  expect(drag.press({ ...press, button: 2 })).toBe(false);
  expect(drag.press({ ...press, ctrlKey: true })).toBe(false);
  expect(drag.press(press)).toBe(true);
  expect(drag.drags({ pointerId: 1, buttons: 1 })).toBe(true);
  expect(drag.drags({ pointerId: 1, buttons: 3 })).toBe(true);
  // A menu has opened and has taken the pointer; the mouse comes back with no button down.
  expect(drag.drags({ pointerId: 1, buttons: 0 })).toBe(false);
  expect(drag.drags({ pointerId: 1, buttons: 1 })).toBe(false);
});

test('of two fingers the first drags, and lifting the other one does not let go', () => {
  const drag = new HeldPointer();
  expect(drag.press({ pointerId: 1, button: 0, ctrlKey: false })).toBe(true);
  expect(drag.press({ pointerId: 2, button: 0, ctrlKey: false })).toBe(false);
  expect(drag.drags({ pointerId: 2, buttons: 1 })).toBe(false);
  drag.lift({ pointerId: 2 });
  expect(drag.drags({ pointerId: 1, buttons: 1 })).toBe(true);
  drag.lift({ pointerId: 1 });
  expect(drag.drags({ pointerId: 1, buttons: 1 })).toBe(false);
  expect(drag.press({ pointerId: 2, button: 0, ctrlKey: false })).toBe(true);
});

test('a key that is held through a stop presses nothing until it was let go of', () => {
  const buttons = new EventTarget();
  const may = { move: true };
  ignoreHeldKeys(buttons, () => may.move);
  const presses = (repeat: boolean, key = 'Enter'): boolean =>
    buttons.dispatchEvent(Object.assign(new Event('keydown', { cancelable: true }), { key, repeat }));
  expect([presses(false), presses(true)]).toEqual([true, true]);
  may.move = false;
  expect(presses(true)).toBe(false);
  may.move = true;
  expect([presses(true), presses(true), presses(true, 'Tab')]).toEqual([false, false, true]);
  expect([presses(false), presses(true)]).toEqual([true, true]);
});

test('a turret that takes no calibration says so beforehand, and is not asked for one', async () => {
  const said = new Map<string, (value: Record<string, unknown>) => void>();
  const sent: string[] = [];
  const turret = new Turret({
    device: 'lab-turret',
    subscribe: (channel: string, callback: (value: Record<string, unknown>) => void) => {
      said.set(channel, callback);
      return () => undefined;
    },
    send: (name: string) => {
      sent.push(name);
      return Promise.resolve({ state: 'succeeded', value: { residual_counts: 0 } });
    },
  });
  turret.follow(() => undefined);
  said.get('calibration')?.({ calibrated: true, pairs: [], residual_counts: 0 });
  expect(turret.whyNoCalibration).toBe('');
  said.get('calibration')?.({ calibrated: true, allowed: false, pairs: [], residual_counts: 0 });
  expect(turret.whyNoCalibration).toContain('allow_calibration: true');
  await turret.calibrate();
  expect(sent).toEqual([]);
  expect(turret.notice?.text).toBe(turret.whyNoCalibration);
  said.get('calibration')?.({ calibrated: true, allowed: true, pairs: [], residual_counts: 0 });
  await turret.calibrate();
  expect(sent).toEqual(['calibrate']);
});
