import { expect, test } from 'vitest';
import type { ChannelInfo } from '../src/protocol.ts';
import type { HistoryPoint } from '../src/protocol_media.ts';
import { append, columnsOf, fieldsOf, gapOf, numbersOf, plotsOf } from '../src/state/series.ts';
import { measuredText, numberText } from '../src/text/units.ts';

const climate: ChannelInfo = {
  name: 'climate',
  title: 'Climate',
  kind: 'value',
  schema: {
    type: 'object',
    properties: {
      temperature_cel: { type: 'number', 'x-unit': 'Cel' },
      pressure_pa: { type: 'number', 'x-unit': 'Pa', title: 'Pressure' },
      fan: { type: 'object', properties: { on: { type: 'boolean' }, 'a/b': { type: 'integer', 'x-unit': 'Pa' } } },
      note: { type: 'string' },
    },
  },
};

const every = (step_ms: number, times: number[], n = 1): HistoryPoint[] => times.map((t) => [t * step_ms, n, t, t, t]);

test('numbers and booleans of a channel are fields, also inside of objects; texts are not', () => {
  expect(fieldsOf(climate).map(({ field, title, unit, boolean }) => [field, title, unit, boolean])).toEqual([
    ['/temperature_cel', 'Temperature', 'Cel', false],
    ['/pressure_pa', 'Pressure', 'Pa', false],
    ['/fan/on', 'Fan · On', '', true],
    ['/fan/a~1b', 'Fan · A/b', 'Pa', false],
  ]);
});

test('fields of one unit share a chart, and each unit has its own', () => {
  expect(plotsOf([climate]).map(({ title, unit, fields }) => [title, unit, fields.length])).toEqual([
    ['Climate · Temperature', '°C', 1],
    ['Climate', 'Pa', 2],
    ['Climate · Fan · On', '', 1],
  ]);
});

test('a live value falls apart into the fields of the history', () => {
  expect(numbersOf({ a: 1.5, on: true, note: 'x', in: { 'a/b': 2 }, list: [7], none: null, bad: NaN })).toEqual([
    ['/a', 1.5],
    ['/on', 1],
    ['/in/a~1b', 2],
    ['/list/0', 7],
  ]);
});

test('a live value joins the step that has begun, and begins the next one in its place', () => {
  const points: HistoryPoint[] = [[1000, 1, 4, 4, 4]];
  append(points, 1500, 8, 1000);
  append(points, 3700, 5, 1000);
  append(points, 900, 99, 1000);
  expect(points).toEqual([
    [1000, 2, 4, 8, 6],
    [3000, 1, 5, 5, 5],
  ]);
});

test('single values stay single, and one that was there already is not drawn twice', () => {
  const points: HistoryPoint[] = [];
  append(points, 10, 1, 0);
  append(points, 20, 2, 0);
  append(points, 20, 2, 0);
  append(points, 15, 3, 0);
  expect(points.map(([t]) => t)).toEqual([10, 20]);
});

test('a missing step of a quick sensor is a gap, a slow one may take its time', () => {
  expect(gapOf(every(60_000, [1, 2, 3, 4], 100), 60_000)).toBe(90_000);
  expect(gapOf(every(60_000, [1, 11, 21, 31]), 60_000)).toBe(35 * 60_000);
  expect(gapOf(every(100, [1, 2, 3, 4]), 0)).toBe(2000);
  expect(gapOf([], 0)).toBe(5000);
});

test('series lie over one line of time; a gap is null, a moment of the other series nothing', () => {
  const columns = columnsOf([
    { points: every(1000, [1, 2, 9]), gap_ms: 3000 },
    { points: every(1000, [2, 3]), gap_ms: 3000 },
  ]);
  expect(columns.times).toEqual([1000, 2000, 3000, 5500, 9000]);
  expect(columns.means).toEqual([
    [1, 2, undefined, null, 9],
    [undefined, 2, 3, undefined, undefined],
  ]);
});

test('numbers are read with their unit', () => {
  expect(['°C', '°', 'Pa', ''].map((unit) => measuredText(-12.34567, unit))).toEqual([
    '-12.346\u00a0°C',
    '-12.346°',
    '-12.346\u00a0Pa',
    '-12.346',
  ]);
  expect([101325, 0.00312345, 0, 1e9].map(numberText)).toEqual(['101,325', '0.003123', '0', '1,000,000,000']);
  expect([0, 1, 0.25].map((value) => measuredText(value, '', true))).toEqual(['no', 'yes', '25 % yes']);
});
