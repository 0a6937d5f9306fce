import { describe, expect, it } from 'vitest';
import { Problem } from '../src/net/http.ts';
import type { AuditEntry, AuditPage } from '../src/protocol_upkeep.ts';
import { AuditStore, byDay, exportPath } from '../src/state/audit.ts';
import { everything, isNarrowed, objectOf, queryOf, readFilter, writeFilter } from '../src/state/audit_filter.ts';
import { actionFamilies, objectPath, reasonOf, sentenceOf, valueText } from '../src/state/audit_words.ts';

const now = Date.UTC(2026, 10, 21, 12, 0, 0);

function entry(part: Partial<AuditEntry> = {}): AuditEntry {
  return {
    seq: 1,
    at_ms: now,
    actor: { id: 'u-1', name: 'Ada' },
    address: '127.0.0.1',
    action: 'turn.skip',
    object: 'device:lab-turret',
    outcome: 'ok',
    detail: {},
    hash: 'aa',
    ...part,
  };
}

function said(part: Partial<AuditEntry>): string {
  const { actor, text } = sentenceOf(entry(part));
  return `${actor} ${text}`;
}

describe('the filter of the audit', () => {
  it('comes back from the address bar as it was written', () => {
    const filter = { ...everything, range: 'custom' as const, from: '2026-11-01T08:00', actor: 'Ada', text: 'a&b=c' };
    expect(readFilter(`?${writeFilter(filter).toString()}`)).toEqual(filter);
  });

  it('leaves nothing in the address bar when nothing is chosen', () => {
    expect(writeFilter(everything).toString()).toBe('');
    expect(isNarrowed(everything)).toBe(false);
  });

  it('takes an address that somebody typed wrong as far as it makes sense', () => {
    expect(readFilter('?range=year&from=yesterday&actor=Ada')).toEqual({ ...everything, actor: 'Ada' });
    expect(readFilter('?from=2026-11-01T08:00').range).toBe('custom');
  });

  it('counts a quick range from now', () => {
    expect(queryOf({ ...everything, range: 'hour' }, now).get('from')).toBe(String(now - 3600000));
    expect(queryOf({ ...everything, range: 'all' }, now).has('from')).toBe(false);
  });

  it('asks for a device when only its name was typed', () => {
    expect(objectOf(' lab-turret ')).toBe('device:lab-turret');
    expect(objectOf('user:ada')).toBe('user:ada');
    expect(objectOf('config')).toBe('config');
    expect(objectOf('')).toBe('');
  });

  it('exports the same choice', () => {
    const path = exportPath({ ...everything, range: 'all', object: 'lab-turret' }, now);
    expect(path).toBe('/api/v1/audit.ndjson?object=device%3Alab-turret');
  });
});

describe('sentences of the audit', () => {
  it('say who did what to whom and where', () => {
    expect(said({ detail: { person: { id: 'g-1', name: 'Bob' } } })).toBe('Ada skipped Bob’s turn on lab-turret');
    expect(said({ action: 'turn.remove', detail: { name: 'Bob' } })).toBe('Ada took Bob out of the line on lab-turret');
    expect(said({ action: 'session.sign_in', object: '' })).toBe('Ada signed in');
    expect(said({ action: 'stop.press', object: '' })).toBe('Ada pressed STOP for every device');
    expect(said({ action: 'hub.start', object: '', actor: { id: 'hub', name: 'hub' } })).toBe('The hub started');
  });

  it('are made of what the hub writes', () => {
    const bob = { id: 'g-2', name: 'Bob' };
    const scope = { kind: 'room', value: 'Lab 2' };
    const table: [Partial<AuditEntry>, string][] = [
      [{ action: 'turn.skip', detail: { person: 'g-2', name: 'Bob' } }, 'Ada skipped Bob’s turn on lab-turret'],
      [{ action: 'ban.add', detail: { id: 3, person: bob, device: 'lab-turret' } }, 'Ada banned Bob from lab-turret'],
      [
        { action: 'ban.add', object: 'hub', detail: { person: bob, device: null } },
        'Ada banned Bob from the whole hub',
      ],
      [
        { action: 'grant.add', object: 'user:olga', detail: { id: 1, permission: 'play', scope } },
        'Ada granted “play” on Lab 2 to olga',
      ],
      [
        { action: 'grant.remove', object: 'user:olga', detail: { permission: 'play', scope } },
        'Ada withdrew “play” on Lab 2 from olga',
      ],
      [
        { action: 'user.change', object: 'user:olga', detail: { role: 'viewer', disabled: true } },
        'Ada changed the account olga, now viewer, now disabled',
      ],
      [{ action: 'session.end', object: 'user:olga', detail: { sessions: 3 } }, 'Ada ended 3 sessions of olga'],
      [{ action: 'command.hazard', detail: { command: 'aim', times: 12 } }, 'Ada sent “aim” to lab-turret, 12 times'],
      [
        {
          action: 'session.sign_in',
          object: '',
          outcome: 'refused',
          actor: { id: 'hub', name: 'hub' },
          detail: { left_out_before: 40 },
        },
        'Somebody tried to sign in, and 40 times before',
      ],
      [
        { action: 'stop.reset', object: 'device:lab-turret', outcome: 'refused', detail: { left_out_before: 40 } },
        'Ada tried to reset the stop of lab-turret, and 40 times before',
      ],
      [
        { action: 'plugin.load', object: 'plugin:laser_turret', detail: { version: '1.0.0' } },
        'Ada loaded the plugin laser_turret 1.0.0',
      ],
    ];
    for (const [part, sentence] of table) expect(said(part)).toBe(sentence);
    expect(reasonOf(entry({ action: 'turn.end', detail: { epoch: 4, reason: 'time_up' } }))).toBe('the time was up');
  });

  it('say that something was only tried', () => {
    expect(said({ action: 'user.remove', object: 'user:olga', outcome: 'refused' })).toBe(
      'Ada tried to remove the account olga',
    );
  });

  it('tell an unknown action as it is written', () => {
    expect(said({ action: 'moon.land', object: 'moon:1' })).toBe('Ada moon.land moon:1');
    expect(said({ action: 'moon.land', object: '', outcome: 'failed' })).toBe('Ada tried moon.land');
  });

  it('are whole for every action that the picker offers, whatever is missing', () => {
    for (const { action } of actionFamilies().flatMap(({ actions }) => actions)) {
      for (const outcome of ['ok', 'refused'] as const) {
        const text = said({ action, object: '', outcome, actor: { id: '', name: '' } });
        expect(text).toMatch(/^Somebody \S/);
        expect(text).not.toMatch(/undefined|null|\s$|\s\s/);
      }
    }
  });

  it('name the reason, and the page about the object', () => {
    expect(reasonOf(entry({ detail: { reason: 'lens' } }))).toBe('lens');
    expect(objectPath('device:lab turret')).toBe('/admin/devices/lab%20turret');
    expect(objectPath('user:ada')).toBe('/admin/users/ada');
    expect(objectPath('config')).toBeNull();
    expect(objectPath('token:7')).toBeNull();
  });

  it('show details as people read them', () => {
    expect([null, '', true, ['a', 'b'], [], { a: 1 }, 3].map(valueText)).toEqual([
      'none',
      '(empty)',
      'yes',
      'a, b',
      'none',
      '{"a":1}',
      '3',
    ]);
  });
});

describe('the audit, page by page', () => {
  const page = (first: number, next_before: number | null): AuditPage => ({
    entries: [entry({ seq: first }), entry({ seq: first - 1 })],
    next_before,
  });

  it('appends older pages until there are none', async () => {
    const asked: string[] = [];
    const store = new AuditStore((path) => {
      asked.push(path);
      return Promise.resolve((asked.length === 1 ? page(9, 8) : page(7, null)) as never);
    });
    await store.load({ ...everything, range: 'all' });
    await store.older();
    expect(store.state.value.entries?.map(({ seq }) => seq)).toEqual([9, 8, 7, 6]);
    expect(new URL(asked[1] ?? '', 'http://hub').searchParams.get('before')).toBe('8');
    await store.older();
    expect(asked).toHaveLength(2);
  });

  it('keeps the range of the first page while older ones are asked for', async () => {
    const asked: string[] = [];
    let clock = now;
    const store = new AuditStore(
      (path) => {
        asked.push(path);
        return Promise.resolve(page(9, 8) as never);
      },
      () => clock,
    );
    await store.load(everything);
    clock += 60000;
    await store.older();
    const [first, second] = asked.map((path) => new URL(path, 'http://hub').searchParams.get('from'));
    expect(second).toBe(first);
  });

  it('shows the answer to the last choice, whichever comes last', async () => {
    const answers: ((page: AuditPage) => void)[] = [];
    const store = new AuditStore(() => new Promise((resolve) => answers.push(resolve as never)));
    const first = store.load({ ...everything, actor: 'Ada' });
    const second = store.load({ ...everything, actor: 'Bob' });
    answers[1]?.(page(5, null));
    answers[0]?.(page(9, 8));
    await Promise.all([first, second]);
    expect(store.state.value.entries?.map(({ seq }) => seq)).toEqual([5, 4]);
    expect(store.state.value.loading).toBe(false);
  });

  it('keeps what it shows when an older page does not come, and tries again', async () => {
    let fail = false;
    const store = new AuditStore(() =>
      fail ? Promise.reject(new Problem('unreachable', 'Away.')) : Promise.resolve(page(9, 8) as never),
    );
    await store.load(everything);
    fail = true;
    await store.older();
    expect(store.state.value.entries).toHaveLength(2);
    expect(store.state.value.problem?.detail).toBe('Away.');
    fail = false;
    await store.older();
    expect(store.state.value.entries).toHaveLength(4);
    expect(store.state.value.problem).toBeNull();
  });

  it('asks whether a head that was written down is in the chain', async () => {
    const asked: string[] = [];
    const store = new AuditStore((path) => {
      asked.push(path);
      return Promise.resolve({ good: true } as never);
    });
    await store.verify('');
    await store.verify(' ABCD ');
    expect(asked).toEqual(['/api/v1/audit/verify', '/api/v1/audit/verify?head=abcd']);
  });

  it('is told day by day', () => {
    const at = (day: number, hour: number): number => new Date(2026, 10, day, hour).getTime();
    const days = byDay([entry({ at_ms: at(21, 9) }), entry({ at_ms: at(21, 1) }), entry({ at_ms: at(19, 23) })]);
    expect(days.map(({ entries }) => entries.length)).toEqual([2, 1]);
    expect(days[0]?.day).toBe(at(21, 0));
  });
});
