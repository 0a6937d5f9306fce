import { beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '../src/net/http.ts';
import type { Plugin } from '../src/protocol_people.ts';
import type { ConfigKey, Finding, Health, HealthLevel } from '../src/protocol_upkeep.ts';
import { attention, callAttention } from '../src/state/attention.ts';
import { configSections, isChanged, placeIn, sourceText, valueText } from '../src/state/config.ts';
import { HealthStore, sortFindings } from '../src/state/health.ts';
import { byPlugin } from '../src/state/plugins.ts';
import { ManualClock } from './support.ts';
import { bytesText } from '../src/text/sizes.ts';

function key(path: string, value: unknown, standard: unknown = value, source = 'default'): ConfigKey {
  return { path, value, default: standard, source, restart: false };
}

describe('the running configuration', () => {
  const keys = [
    key('server.listen', '0.0.0.0:8080', '127.0.0.1:8080', 'robohub.yaml:12:3'),
    key('server.data', '/var/lib/robohub'),
    key('turns.length', '60s'),
  ];

  it('is grouped by the first part of the path, in the order of the hub', () => {
    const sections = configSections(keys, '', false);
    expect(sections.map(({ name, keys: list }) => [name, list.length])).toEqual([
      ['server', 2],
      ['turns', 1],
    ]);
  });

  it('is searched by path, value and place', () => {
    const found = (search: string): string[] =>
      configSections(keys, search, false).flatMap((section) => section.keys.map(({ path }) => path));
    expect(found('SERVER listen')).toEqual(['server.listen']);
    expect(found('60s')).toEqual(['turns.length']);
    expect(found('yaml:12')).toEqual(['server.listen']);
    expect(found('nowhere')).toEqual([]);
  });

  it('can be shown only where it differs from the default', () => {
    expect(configSections(keys, '', true)).toEqual([{ name: 'server', keys: [keys[0]] }]);
    expect(isChanged(key('a', ['x'], ['x']))).toBe(false);
    expect(isChanged(key('a', [], ['x']))).toBe(true);
  });

  it('is written as people read it', () => {
    expect([null, '', [], ['a', 'b'], true, 3, 'x', { a: 1 }].map(valueText)).toEqual([
      '(none)',
      '(none)',
      '(none)',
      'a, b',
      'true',
      '3',
      'x',
      '{"a":1}',
    ]);
    expect(sourceText('robohub.yaml:12:3')).toBe('line 12');
    expect(sourceText('command line')).toBe('command line');
  });

  it('finds the place of a fault in a pasted text', () => {
    const text = 'server:\n  lisen: 1\n';
    expect(placeIn(text, 'text:2:3')).toBe(10);
    expect(placeIn(text, '2')).toBe(8);
    expect(placeIn(text, 'line 1')).toBe(0);
    expect(placeIn(text, 'text:2:999')).toBe(18);
    expect(placeIn(text, 'text:99:1')).toBeNull();
    expect(placeIn(text, '')).toBeNull();
  });
});

function health(status: HealthLevel, findings: Partial<Finding>[] = []): Health {
  const whole = findings.map((finding, i) => ({
    id: `f${i}`,
    level: status,
    title: '',
    detail: '',
    what_to_do: '',
    ...finding,
  }));
  return { status, at_ms: 0, uptime_ms: 0, version: '0.1.0', findings: whole, figures: {} };
}

/** Lets what is settled be heard. */
const settled = (): Promise<void> => new Promise((go) => setTimeout(go, 0));

describe('health', () => {
  beforeEach(() => callAttention('health', null));

  it('puts what is critical first', () => {
    const list = health('ok', [{ level: 'ok' }, { level: 'warning' }, { level: 'critical' }, { level: 'warning' }]);
    expect(sortFindings(list.findings).map(({ id }) => id)).toEqual(['f2', 'f1', 'f3', 'f0']);
  });

  it('is asked again while somebody looks, and no more when nobody does', async () => {
    const clock = new ManualClock();
    let asked = 0;
    const store = new HealthStore(
      () => Promise.resolve(health((asked++, 'ok'))),
      () => true,
      clock,
    );
    const slow = store.watch(30000);
    const quick = store.watch(5000);
    await settled();
    const before = asked;
    clock.advance(5000);
    await settled();
    expect(asked).toBe(before + 1);
    quick();
    clock.advance(5000);
    await settled();
    slow();
    const ended = asked;
    clock.advance(120000);
    await settled();
    expect(asked).toBe(ended);
  });

  it('is not asked while the page is hidden', async () => {
    const clock = new ManualClock();
    let [asked, visible] = [0, false];
    const store = new HealthStore(
      () => Promise.resolve(health((asked++, 'ok'))),
      () => visible,
      clock,
    );
    const release = store.watch(5000);
    await settled();
    clock.advance(20000);
    await settled();
    expect(asked).toBe(0);
    visible = true;
    clock.advance(5000);
    await settled();
    expect(asked).toBe(1);
    release();
  });

  it('marks the navigation while something is not in order', async () => {
    let answer = health('critical', [{}, {}]);
    const store = new HealthStore(
      () => Promise.resolve(answer),
      () => true,
      new ManualClock(),
    );
    await store.health.load();
    expect(attention.value.get('health')).toEqual({ level: 'critical', text: '2 findings' });
    answer = health('ok', [{}]);
    await store.health.load();
    expect(attention.value.has('health')).toBe(false);
  });

  it('keeps what it knew when the hub does not answer', async () => {
    let fail = false;
    const store = new HealthStore(
      () => (fail ? Promise.reject(new Problem('unreachable', 'Away.')) : Promise.resolve(health('warning', [{}]))),
      () => true,
      new ManualClock(),
    );
    await store.health.load();
    fail = true;
    await store.health.load();
    expect(store.health.value?.status).toBe('warning');
    expect(store.health.state.value.problem?.detail).toBe('Away.');
    expect(attention.value.get('health')?.text).toBe('1 finding');
  });

  it('writes sizes in their largest unit', () => {
    expect([0, 1023, 1536, 12 * 1024 ** 2, 512 * 1024 ** 3].map(bytesText)).toEqual([
      '0 B',
      '1023 B',
      '1.50 KiB',
      '12.0 MiB',
      '512 GiB',
    ]);
  });
});

describe('plugins', () => {
  it('are shown with all their versions, the newest first', () => {
    const plugin = (id: string, version: string, devices: number): Plugin => ({
      id,
      version,
      title: id.toUpperCase(),
      vendor: 'V',
      types: ['laser_turret'],
      folder: '/p',
      sha256: 'ab',
      devices,
    });
    const list = byPlugin([plugin('b', '1.9.2', 1), plugin('a', '1.0.0', 0), plugin('b', '1.10.0', 2)]);
    expect(list.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(list[1]).toMatchObject({ devices: 3, types: ['laser_turret'] });
    expect(list[1]?.versions.map(({ version }) => version)).toEqual(['1.10.0', '1.9.2']);
  });
});
