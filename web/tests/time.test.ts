import { expect, test } from 'vitest';
import { eventTimeText, momentText, timeOfDayText } from '../src/text/time.ts';

test('an event of another day is told with its day, and one of today without', () => {
  const now = new Date(2026, 10, 23, 15, 0).getTime();
  const today = new Date(2026, 10, 23, 0, 1).getTime();
  const yesterday = new Date(2026, 10, 22, 23, 59).getTime();
  const year_ago = new Date(2025, 10, 23, 14, 58).getTime();
  expect(eventTimeText(today, now)).toBe(timeOfDayText(today));
  expect(eventTimeText(yesterday, now)).toBe(momentText(yesterday));
  expect(eventTimeText(year_ago, now)).toBe(momentText(year_ago));
  expect(momentText(yesterday)).not.toBe(timeOfDayText(yesterday));
});
