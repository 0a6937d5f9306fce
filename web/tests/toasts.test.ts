import { expect, test } from 'vitest';
import { Toasts } from '../src/state/toasts.ts';
import { ManualClock } from './support.ts';

test('a word on what was done goes by itself, one with Undo stays longer', () => {
  const clock = new ManualClock();
  const toasts = new Toasts(clock);
  toasts.say('Saved.');
  clock.advance(6000);
  expect(toasts.shown.value).toBeNull();
  toasts.say('Ada is disabled.', () => undefined);
  clock.advance(11000);
  expect(toasts.shown.value?.text).toBe('Ada is disabled.');
  clock.advance(1000);
  expect(toasts.shown.value).toBeNull();
});

test('what somebody points at stays until they are done with it', () => {
  const clock = new ManualClock();
  const toasts = new Toasts(clock);
  toasts.say('Saved.');
  toasts.hold();
  clock.advance(60000);
  expect(toasts.shown.value).not.toBeNull();
  toasts.release();
  clock.advance(6000);
  expect(toasts.shown.value).toBeNull();
});

test('Undo takes back once, and an older word cannot be taken back behind a newer one', () => {
  const toasts = new Toasts(new ManualClock());
  const undone: string[] = [];
  toasts.say('One.', () => undone.push('one'));
  toasts.say('Two.', () => undone.push('two'));
  toasts.undo();
  toasts.undo();
  expect(undone).toEqual(['two']);
});
