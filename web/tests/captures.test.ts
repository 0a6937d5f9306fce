import { afterEach, expect, test, vi } from 'vitest';
import { Problem, refusalOf } from '../src/net/http.ts';
import type { Capture, CapturesPage } from '../src/protocol_media.ts';
import { CapturesStore, type CaptureChoice } from '../src/state/captures.ts';
import { quotaHint } from '../src/state/captures_health.ts';
import { describeCapture, gapsText } from '../src/text/captures.ts';
import { ManualClock, onlineSocket, type ScriptedSocket } from './support.ts';

function capture(id: number, part: Partial<Capture> = {}): Capture {
  return {
    id,
    device: 'lab-camera',
    trigger: 'pir',
    started_ms: id * 1000,
    ended_ms: null,
    state: 'ready',
    bytes: 4_404_019,
    duration_ms: 42_000,
    width: 640,
    height: 480,
    message: '',
    gaps: [],
    kind: 'video',
    ...part,
  };
}

interface Asked {
  path: string;
  answer: (ids: number[], next_before?: number | null) => Promise<void>;
  refuse: (problem: Problem) => Promise<void>;
}

function gallery(choice: Partial<CaptureChoice> = {}): {
  store: CapturesStore;
  asked: Asked[];
  hub: ScriptedSocket;
  ids: () => number[] | undefined;
} {
  const { live, hub } = onlineSocket(new ManualClock());
  const asked: Asked[] = [];
  const settled = (): Promise<void> => new Promise((go) => setTimeout(go, 0));
  const ask = <T>(_method: string, path: string): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      asked.push({
        path,
        answer: (ids, next_before = null) => {
          const page: CapturesPage = { captures: ids.map((id) => capture(id)), next_before };
          resolve(page as T);
          return settled();
        },
        refuse: (problem) => {
          reject(problem);
          return settled();
        },
      });
    });
  const store = new CapturesStore(live, { device: '', trigger: '', ...choice }, 3, ask);
  return { store, asked, hub, ids: () => store.state.value.list?.map(({ id }) => id) };
}

test('older pages are appended, until there is none', async () => {
  const { store, asked, ids } = gallery({ device: 'lab-camera', trigger: 'pir' });
  void store.load();
  await asked[0]?.answer([9, 8, 7], 7);
  void store.older();
  await asked[1]?.answer([6, 5]);
  await store.older();
  expect(asked.map(({ path }) => path)).toEqual([
    '/api/v1/captures?device=lab-camera&trigger=pir&limit=3',
    '/api/v1/captures?device=lab-camera&trigger=pir&limit=3&before=7',
  ]);
  expect(ids()).toEqual([9, 8, 7, 6, 5]);
});

test('a capture that is told of comes first, changes in its place and goes', async () => {
  const { store, asked, hub, ids } = gallery();
  void store.load();
  await asked[0]?.answer([9, 8, 7], 7);
  hub.say({ type: 'capture', capture: capture(10, { state: 'open' }) });
  hub.say({ type: 'capture', capture: capture(8, { state: 'failed' }) });
  hub.say({ type: 'capture', capture: capture(3) });
  expect(ids()).toEqual([10, 9, 8, 7]);
  expect(store.state.value.list?.[2]?.state).toBe('failed');
  hub.say({ type: 'capture_gone', device: 'lab-camera', id: 9 });
  expect(ids()).toEqual([10, 8, 7]);
  hub.say({ type: 'device_gone', device: 'lab-camera' });
  expect(ids()).toEqual([]);
});

test('only what was chosen is taken', async () => {
  const { store, asked, hub, ids } = gallery({ device: 'lab-camera', trigger: 'alarm' });
  void store.load();
  await asked[0]?.answer([]);
  hub.say({ type: 'capture', capture: capture(1) });
  hub.say({ type: 'capture', capture: capture(2, { trigger: 'alarm', device: 'other' }) });
  hub.say({ type: 'capture', capture: capture(3, { trigger: 'alarm' }) });
  expect(ids()).toEqual([3]);
});

test('what was told while an answer was under way is newer than the answer', async () => {
  const { store, asked, hub, ids } = gallery();
  void store.load();
  hub.say({ type: 'capture', capture: capture(9, { state: 'failed' }) });
  hub.say({ type: 'capture', capture: capture(10) });
  hub.say({ type: 'capture_gone', device: 'lab-camera', id: 8 });
  await asked[0]?.answer([9, 8, 7]);
  expect(ids()).toEqual([10, 9, 7]);
  expect(store.state.value.list?.[1]?.state).toBe('failed');
});

test('asking again keeps the pages behind the newest', async () => {
  const { store, asked, ids } = gallery();
  void store.load();
  await asked[0]?.answer([9, 8, 7], 7);
  void store.older();
  await asked[1]?.answer([6, 5, 4], 4);
  void store.load();
  await asked[2]?.answer([11, 9, 7], 7);
  expect(ids()).toEqual([11, 9, 7, 6, 5, 4]);
  expect(store.state.value.next_before).toBe(4);
});

test('pages that the newest one no longer reaches are let go of, so that nothing between is missing', async () => {
  const { store, asked, hub, ids } = gallery();
  void store.load();
  await asked[0]?.answer([9, 8, 7], 7);
  void store.older();
  await asked[1]?.answer([6, 5, 4], 4);
  // Away for a night; what is told on coming back bridges nothing.
  hub.say({ type: 'capture', capture: capture(30) });
  void store.load();
  await asked[2]?.answer([30, 29, 28], 28);
  expect(ids()).toEqual([30, 29, 28]);
  expect(store.state.value.next_before).toBe(28);
  void store.older();
  await asked[3]?.answer([27, 26, 25], 25);
  expect(asked[3]?.path).toContain('before=28');
  // Whose newest was deleted meanwhile.
  hub.say({ type: 'capture_gone', device: 'lab-camera', id: 30 });
  void store.load();
  await asked[4]?.answer([32, 31, 29], 29);
  expect(ids()).toEqual([32, 31, 29, 28, 27, 26, 25]);
  expect(store.state.value.next_before).toBe(25);
});

test('another choice begins anew, and an answer to the one before comes too late', async () => {
  const { store, asked, ids } = gallery();
  void store.load();
  void store.choose({ device: 'rover', trigger: '' });
  expect(ids()).toBeUndefined();
  await asked[0]?.answer([9]);
  expect(ids()).toBeUndefined();
  await asked[1]?.answer([5]);
  expect(ids()).toEqual([5]);
});

test('a refusal keeps what was there and says why', async () => {
  const { store, asked, ids } = gallery();
  void store.load();
  await asked[0]?.answer([9]);
  void store.load();
  await asked[1]?.refuse(new Problem('unavailable', 'The hub is closing.'));
  expect(ids()).toEqual([9]);
  expect(store.state.value.problem?.detail).toBe('The hub is closing.');
});

test('states are told in words', () => {
  const of = (part: Partial<Capture>): string => {
    const { badge, line } = describeCapture(capture(1, part), 31_000);
    return badge ? `${badge}: ${line}` : line;
  };
  expect(of({})).toBe('0:42 · 4.20 MiB');
  expect(of({ kind: 'still', duration_ms: 0 })).toBe('4.20 MiB');
  expect(of({ state: 'open', trigger: 'record', bytes: 0 })).toBe('Recording: For 30 s, nothing yet');
  expect(of({ state: 'open' })).toBe('Arriving: Parts come from the device: 4.20 MiB so far');
  expect(of({ state: 'joining' })).toBe('Joining: Its parts become one video, 4.20 MiB');
  expect(of({ state: 'failed', message: 'No part could be read.' })).toBe('Failed: No part could be read.');
});

test('gaps are named as people count', () => {
  expect([[], [3], [1, 2, 8], [1, 2, 3, 4, 5, 6, 7]].map(gapsText)).toEqual([
    '',
    'Part 4 is missing',
    'Parts 2, 3 and 9 are missing',
    '7 parts are missing',
  ]);
});

test('administrators hear of the quota: a finding before figures', () => {
  const gib = 1024 ** 3;
  const finding = {
    id: 'captures.quota',
    level: 'warning',
    title: 'Full',
    detail: 'Delete some.',
    what_to_do: '',
  } as const;
  expect(quotaHint({ findings: [], figures: {} })).toBeNull();
  expect(quotaHint({ findings: [], figures: { captures_bytes: gib, captures_quota_bytes: 4 * gib } })).toEqual({
    text: '1.00 GiB of 4.00 GiB used',
    warn: false,
  });
  expect(quotaHint({ findings: [], figures: { captures_bytes: 3.9 * gib, captures_quota_bytes: 4 * gib } })?.warn).toBe(
    true,
  );
  expect(quotaHint({ findings: [finding], figures: {} })).toEqual({ text: 'Full. Delete some.', warn: true });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

test('why a file cannot be had is asked for with one byte of it, and said in the hub’s own words', async () => {
  const asked: RequestInit[] = [];
  const answers = [
    () => Promise.resolve(new Response('x', { status: 206 })),
    () =>
      Promise.resolve(
        new Response(JSON.stringify({ code: 'not_found', detail: 'Its file is gone.' }), { status: 404 }),
      ),
    () => Promise.resolve(new Response('no JSON', { status: 502 })),
    () => Promise.reject(new TypeError('network')),
  ];
  vi.stubGlobal('fetch', (_path: string, init: RequestInit) => {
    asked.push(init);
    return answers.shift()?.();
  });
  expect(await refusalOf('/api/v1/captures/1/video.mp4')).toBeNull();
  expect(asked[0]).toMatchObject({ cache: 'no-store', headers: { Range: 'bytes=0-0' } });
  expect(await refusalOf('/api/v1/captures/1/video.mp4')).toMatchObject({ status: 404, detail: 'Its file is gone.' });
  expect(await refusalOf('/api/v1/captures/1/video.mp4')).toMatchObject({ detail: 'The hub answered 502.' });
  expect(await refusalOf('/api/v1/captures/1/video.mp4')).toMatchObject({ code: 'unreachable' });
});
