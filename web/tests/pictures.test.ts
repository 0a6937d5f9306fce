import { expect, test } from 'vitest';
import { PictureWatch } from '../src/state/picture.ts';
import { Stills, type StillViewer } from '../src/state/stills.ts';
import { ManualClock } from './support.ts';

const settled = async (): Promise<void> => {
  for (let i = 0; i < 5; i += 1) await Promise.resolve();
};

test('however many cards are in view, only two stills are asked for at a time', async () => {
  const clock = new ManualClock();
  const open: (() => void)[] = [];
  let most = 0;
  let now = 0;
  const fetchPicture = (): Promise<Blob> => {
    now += 1;
    most = Math.max(most, now);
    return new Promise((resolve) =>
      open.push(() => {
        now -= 1;
        resolve(new Blob(['x']));
      }),
    );
  };
  const stills = new Stills(fetchPicture, () => true, clock);
  const shown = new Map<number, number>();
  const viewer = (n: number): StillViewer => ({
    url: String(n),
    show: () => shown.set(n, (shown.get(n) ?? 0) + 1),
  });
  for (let n = 0; n < 12; n += 1) stills.add(viewer(n));
  for (let i = 0; i < 12; i += 1) {
    open.shift()?.();
    await settled();
  }
  expect(most).toBe(2);
  expect(shown.size).toBe(12);
});

test('a still comes about once a second, not while the page is hidden, and not after its card is gone', async () => {
  const clock = new ManualClock();
  let asked = 0;
  let visible = true;
  const fetchPicture = (): Promise<Blob> => {
    asked += 1;
    return Promise.resolve(new Blob(['x']));
  };
  const stills = new Stills(fetchPicture, () => visible, clock);
  const release = stills.add({ url: 'a', show: () => undefined });
  const seconds = async (n: number): Promise<void> => {
    for (let i = 0; i < n * 10; i += 1) {
      clock.advance(100);
      await settled();
    }
  };
  await seconds(5);
  expect(asked).toBeGreaterThanOrEqual(5);
  expect(asked).toBeLessThanOrEqual(7);
  visible = false;
  const before = asked;
  await seconds(3);
  expect(asked).toBe(before);
  visible = true;
  release();
  await seconds(3);
  expect(asked).toBe(before);
});

test('a camera that sends nothing is asked less often', async () => {
  const clock = new ManualClock();
  let asked = 0;
  const stills = new Stills(
    () => {
      asked += 1;
      return Promise.resolve(null);
    },
    () => true,
    clock,
  );
  stills.add({ url: 'a', show: () => undefined });
  for (let i = 0; i < 100; i += 1) {
    clock.advance(100);
    await settled();
  }
  expect(asked).toBeLessThanOrEqual(3);
});

test('a picture that cannot be opened is dialled again with back-off', () => {
  const clock = new ManualClock();
  const picture = new PictureWatch(() => Promise.resolve(true), clock);
  picture.want('/s/main');
  expect(picture.state.value).toEqual({ state: 'connecting', url: '/s/main.mjpeg?n=1' });
  picture.failed();
  expect(picture.state.value.state).toBe('lost');
  clock.advance(800);
  expect(picture.state.value).toEqual({ state: 'connecting', url: '/s/main.mjpeg?n=2' });
  picture.loaded();
  expect(picture.state.value.state).toBe('live');
  picture.want('');
  expect(picture.state.value).toEqual({ state: 'off', url: '' });
});

test('a picture that stands still is called old only when the camera has stopped', async () => {
  const clock = new ManualClock();
  let sending = true;
  const picture = new PictureWatch(() => Promise.resolve(sending), clock);
  picture.want('/s/main');
  picture.loaded();
  const still = async (seconds: number): Promise<void> => {
    for (let i = 0; i < seconds; i += 1) {
      clock.advance(1000);
      picture.sampled(false);
      await settled();
    }
  };
  await still(6);
  expect(picture.state.value.state).toBe('live');
  sending = false;
  await still(2);
  expect(picture.state.value.state).toBe('stale');
  picture.sampled(true);
  expect(picture.state.value.state).toBe('live');
});

test('a picture that stands still while the camera sends is dialled anew', async () => {
  const clock = new ManualClock();
  const picture = new PictureWatch(() => Promise.resolve(true), clock);
  picture.want('/s/main');
  picture.loaded();
  for (let i = 0; i < 16; i += 1) {
    clock.advance(1000);
    picture.sampled(false);
    await settled();
  }
  expect(picture.state.value.url).toBe('/s/main.mjpeg?n=2');
});

test('a first picture that does not come is not waited for for ever', () => {
  const clock = new ManualClock();
  const picture = new PictureWatch(() => Promise.resolve(true), clock);
  picture.want('/s/main');
  clock.advance(8000);
  expect(picture.state.value.state).toBe('lost');
  picture.retryNow();
  expect(picture.state.value.state).toBe('connecting');
});
