import { expect, test } from 'vitest';
import type { Schema } from '../src/protocol.ts';
import {
  fieldFor,
  initialValue,
  inOrder,
  numberText,
  sliderRange,
  typedNumber,
  withMember,
} from '../src/schema/form.ts';
import { memberPointer, validate } from '../src/schema/validate.ts';
import { humanName } from '../src/text/names.ts';

const px: Schema = { type: 'number', minimum: 0, maximum: 639, 'x-unit': 'px' };
const pair: Schema = {
  type: 'object',
  properties: { x_px: px, y_px: px },
  required: ['x_px', 'y_px'],
  additionalProperties: false,
};

test('members come as they were declared, and what the order does not name behind them', () => {
  const colours = { blue: 3, green: 2, red: 1 };
  const names = (order: unknown): string[] => inOrder(colours, order).map(([name]) => name);
  expect(inOrder(colours, ['red', 'green', 'blue'])).toEqual([
    ['red', 1],
    ['green', 2],
    ['blue', 3],
  ]);
  expect(names(['red'])).toEqual(['red', 'blue', 'green']);
  expect(names(['red', 'toString', 'red', 7])).toEqual(['red', 'blue', 'green']);
  for (const none of [undefined, null, 'red', {}]) expect(names(none)).toEqual(['blue', 'green', 'red']);
});

test('what fits its schema has no complaint', () => {
  expect(validate(pair, { x_px: 0, y_px: 639 })).toEqual([]);
});

test('each complaint says where and what', () => {
  expect(validate(pair, { x_px: -1, z: 1 })).toEqual([
    { pointer: '/y_px', message: 'Needed.' },
    { pointer: '/x_px', message: 'At least 0 px.' },
    { pointer: '/z', message: 'Not known here.' },
  ]);
});

test('items of lists are pointed at by their number', () => {
  const list: Schema = { type: 'array', items: pair, minItems: 2, maxItems: 2 };
  expect(
    validate(
      list,
      [
        { x_px: 1, y_px: 1 },
        { x_px: 1, y_px: 700 },
      ],
      '/pairs',
    ),
  ).toEqual([{ pointer: '/pairs/1/y_px', message: 'At most 639 px.' }]);
  expect(validate(list, [])).toEqual([{ pointer: '', message: 'At least 2 needed.' }]);
});

test('numbers keep to whole steps and open bounds', () => {
  expect(validate({ type: 'integer' }, 1.5)).toHaveLength(1);
  expect(validate({ type: 'number' }, Number.NaN)).toHaveLength(1);
  expect(validate({ type: 'number', multipleOf: 0.1 }, 0.3)).toEqual([]);
  expect(validate({ type: 'number', multipleOf: 0.1 }, 0.35)).toHaveLength(1);
  expect(validate({ type: 'number', exclusiveMinimum: 0 }, 0)).toHaveLength(1);
  expect(validate({ type: 'number', exclusiveMaximum: 1 }, 1)).toHaveLength(1);
});

test('text is counted in characters, as JSON Schema counts', () => {
  expect(validate({ type: 'string', maxLength: 2 }, '😀😀')).toEqual([]);
  expect(validate({ type: 'string', maxLength: 2 }, 'abc')).toHaveLength(1);
  expect(validate({ type: 'string', minLength: 1 }, '')).toEqual([{ pointer: '', message: 'Needed.' }]);
});

test('choices and constants take nothing else', () => {
  expect(validate({ enum: ['x', 'y'] }, 'z')).toEqual([{ pointer: '', message: 'Choose one of x, y.' }]);
  expect(validate({ const: 4 }, 5)).toHaveLength(1);
  expect(validate({ type: 'boolean' }, 'true')).toHaveLength(1);
});

test('odd member names are escaped in pointers', () => {
  expect(memberPointer('/a', 'b/c~d')).toBe('/a/b~1c~0d');
});

test('a form starts with defaults and needed groups, and asks for the rest', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      on: { type: 'boolean' },
      gain: { type: 'number', default: 2 },
      speed: { type: 'number' },
      extra: { type: 'object', properties: {} },
      points: { type: 'array', minItems: 2, items: pair },
    },
    required: ['on', 'speed', 'points'],
  };
  expect(initialValue(schema)).toEqual({ on: false, gain: 2, speed: undefined, points: [{}, {}] });
});

test('members are replaced without touching the value they belong to', () => {
  const before = { a: 1, b: 2 };
  expect(withMember(before, 'a', 3)).toEqual({ a: 3, b: 2 });
  expect(withMember(before, 'b', undefined)).toEqual({ a: 1 });
  expect(withMember([1, 2], 1, 5)).toEqual([1, 5]);
  expect(before).toEqual({ a: 1, b: 2 });
});

test('a slider is offered only where it can be hit', () => {
  expect(sliderRange({ type: 'integer', minimum: 150, maximum: 600 })).toEqual({ min: 150, max: 600, step: 1 });
  expect(sliderRange({ type: 'integer', minimum: 0, maximum: 1e9 })).toBeNull();
  expect(sliderRange({ type: 'number', minimum: 0 })).toBeNull();
});

test('identifiers read as words, without the unit that stands beside them', () => {
  expect(humanName('laser_turret')).toBe('Laser turret');
  expect(humanName('exposure_ms', 'ms')).toBe('Exposure');
  expect(humanName('xCounts')).toBe('X counts');
});

test('what is being typed is told from nothing and from a number', () => {
  const typed = (value: string, badInput = false): number | undefined => typedNumber({ value, validity: { badInput } });
  expect(typed('')).toBeUndefined();
  expect(typed('-50')).toBe(-50);
  expect(typed('-0')).toBe(-0);
  // A browser does not say what stands there; "-" is neither left out nor sent.
  expect(typed('', true)).toBeNaN();
  expect(validate({ type: 'number' }, typed('', true))).toHaveLength(1);
  expect([0, -0.5, Number.NaN, undefined].map(numberText)).toEqual(['0', '-0.5', '', '']);
});

test('a complaint of the hub stands beside the innermost field that it is about, or beside none', () => {
  const form: Schema = { type: 'object', properties: { 'a/b': px, pairs: { type: 'array', items: pair } } };
  expect(fieldFor(form, '/params/a~1b')).toBe('/a~1b');
  expect(fieldFor(form, '/a~1b')).toBe('/a~1b');
  expect(fieldFor(form, '/params/pairs/1/y_px')).toBe('/pairs/1/y_px');
  expect(fieldFor(form, '/params/pairs/1/z')).toBe('/pairs/1');
  expect(fieldFor(form, '/params/z')).toBeNull();
  expect(fieldFor(form, '/params')).toBeNull();
  expect(fieldFor(form, '')).toBeNull();
});
