import { describe, expect, it } from 'vitest';
import { guestsInLines, holding, isGuest } from '../src/state/bans.ts';
import { choicesFor, Moderation, takeOverQuestion } from '../src/state/moderation.ts';
import { aDevice, ManualClock, onlineSocket } from './support.ts';

const ada = { id: 'u-1', name: 'Ada' };
const bob = { id: 'g-2', name: 'Bob' };

describe('moderation', () => {
  it('says over the live socket what is to be done, and settles with the answer of the hub', async () => {
    const { live, hub } = onlineSocket(new ManualClock());
    const moderation = new Moderation(live, 'lab-turret');
    const acts = [
      moderation.skip(ada),
      moderation.remove('g-2'),
      moderation.ban('g-2', 600000, ' throws things '),
      moderation.hold(''),
      moderation.release(),
      moderation.takeOver(),
    ];
    const sent = hub.ofType('moderate');
    expect(sent.map(({ action, person, for_ms, reason }) => [action, person, for_ms, reason])).toEqual([
      ['skip', 'u-1', undefined, undefined],
      ['remove', 'g-2', undefined, undefined],
      ['ban', 'g-2', 600000, 'throws things'],
      ['hold', undefined, undefined, undefined],
      ['release', undefined, undefined, undefined],
      ['take_over', undefined, undefined, undefined],
    ]);
    for (const { ref } of sent.slice(1)) hub.say({ type: 'ok', ref });
    hub.say({ type: 'error', ref: sent[0]?.ref, code: 'unavailable', detail: 'The hub is busy.' });
    await expect(acts[0]).rejects.toMatchObject({ detail: 'The hub is busy.' });
    await Promise.all(acts.slice(1));
  });

  it('skips only the turn that was shown, and says so when that was over', async () => {
    const { live, hub } = onlineSocket(new ManualClock());
    const skipping = new Moderation(live, 'lab-turret').skip(ada);
    const ref = hub.ofType('moderate')[0]?.ref;
    hub.say({ type: 'error', ref, code: 'conflict', detail: 'That turn is over already.', pointer: '/person' });
    await expect(skipping).rejects.toMatchObject({
      code: 'conflict',
      detail: 'The turn of Ada was over already: nobody was skipped.',
    });
  });

  it('offers nothing about oneself, and bans only of guests', () => {
    expect(choicesFor(ada, true, ada.id)).toEqual([]);
    expect(choicesFor(ada, true, 'u-9').map(({ act }) => act)).toEqual(['skip']);
    expect(choicesFor(bob, true, 'u-9').map(({ act }) => act)).toEqual(['skip', 'ban']);
    expect(choicesFor(bob, false, 'u-9').map(({ act }) => act)).toEqual(['remove', 'ban']);
  });

  it('asks before it takes the turn of somebody who drives, and only then', () => {
    const turn = aDevice().turn;
    expect(takeOverQuestion({ ...turn, holder: null }, ada.id, 'Lab turret')).toBeNull();
    expect(takeOverQuestion({ ...turn, holder: ada }, ada.id, 'Lab turret')).toBeNull();
    expect(takeOverQuestion({ ...turn, holder: bob }, ada.id, 'Lab turret')?.title).toBe('Take over from Bob?');
  });
});

describe('bans', () => {
  const ban = (id: number, created_at_ms: number, until_ms: number) => ({
    id,
    person: bob,
    device: null,
    created_at_ms,
    until_ms,
    by: 'Ada',
    reason: '',
  });

  it('are shown while they hold, the newest first', () => {
    expect(holding([ban(1, 10, 100), ban(2, 20, 100), ban(3, 30, 50)], 50).map(({ id }) => id)).toEqual([2, 1]);
  });

  it('are for guests, who are found in the lines of all devices', () => {
    expect(isGuest(ada)).toBe(false);
    const device = (id: string, holder: typeof bob | null, waiting: (typeof bob)[]) => {
      const plain = aDevice({ id });
      return { device: { ...plain, turn: { ...plain.turn, holder, waiting } }, at: 0 };
    };
    const zoe = { id: 'g-7', name: 'Anna' };
    const byId = new Map([
      ['a', device('a', bob, [ada, zoe])],
      ['b', device('b', ada, [bob])],
    ]);
    expect(guestsInLines(byId)).toEqual([zoe, bob]);
  });
});
