import type { Schema } from '../protocol.ts';

/** What is wrong with a value, and where: a JSON Pointer and a sentence. */
export interface Complaint {
  pointer: string;
  message: string;
}

/**
 * Checks a value against the profile of JSON Schema that plugins may use, so that a form can speak before the hub has
 * to. The hub checks again; this is for the person's comfort, not for safety.
 */
export function validate(schema: Schema, value: unknown, pointer = ''): Complaint[] {
  if (schema.const !== undefined && !same(schema.const, value))
    return [{ pointer, message: `Must be ${show(schema.const)}.` }];
  if (schema.enum && !schema.enum.some((allowed) => same(allowed, value))) {
    return [{ pointer, message: `Choose one of ${schema.enum.map(show).join(', ')}.` }];
  }
  switch (schema.type) {
    case 'object':
      return validateObject(schema, value, pointer);
    case 'array':
      return validateArray(schema, value, pointer);
    case 'number':
    case 'integer':
      return validateNumber(schema, value, pointer);
    case 'string':
      return validateString(schema, value, pointer);
    case 'boolean':
      return typeof value === 'boolean' ? [] : [{ pointer, message: 'Choose on or off.' }];
    default:
      return [];
  }
}

/** The pointer of a member, escaped as RFC 6901 asks. */
export function memberPointer(pointer: string, member: string | number): string {
  return `${pointer}/${String(member).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function validateObject(schema: Schema, value: unknown, pointer: string): Complaint[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ pointer, message: 'Must be a group of values.' }];
  }
  const members = value as Record<string, unknown>;
  const complaints: Complaint[] = [];
  for (const name of schema.required ?? []) {
    if (members[name] === undefined) complaints.push({ pointer: memberPointer(pointer, name), message: 'Needed.' });
  }
  for (const [name, member] of Object.entries(members)) {
    if (member === undefined) continue;
    const part = schema.properties?.[name];
    const at = memberPointer(pointer, name);
    if (part) complaints.push(...validate(part, member, at));
    else if (schema.additionalProperties === false) complaints.push({ pointer: at, message: 'Not known here.' });
  }
  return complaints;
}

function validateArray(schema: Schema, value: unknown, pointer: string): Complaint[] {
  if (!Array.isArray(value)) return [{ pointer, message: 'Must be a list.' }];
  const complaints: Complaint[] = [];
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    complaints.push({ pointer, message: `At least ${schema.minItems} needed.` });
  }
  if (schema.maxItems !== undefined && value.length > schema.maxItems) {
    complaints.push({ pointer, message: `At most ${schema.maxItems} allowed.` });
  }
  const { items } = schema;
  if (items) value.forEach((item, i) => complaints.push(...validate(items, item, memberPointer(pointer, i))));
  return complaints;
}

function validateNumber(schema: Schema, value: unknown, pointer: string): Complaint[] {
  if (typeof value !== 'number' || !Number.isFinite(value)) return [{ pointer, message: 'Enter a number.' }];
  const wrong = (message: string): Complaint[] => [{ pointer, message }];
  if (schema.type === 'integer' && !Number.isInteger(value)) return wrong('Enter a whole number.');
  if (schema.minimum !== undefined && value < schema.minimum)
    return wrong(`At least ${withUnit(schema.minimum, schema)}.`);
  if (schema.maximum !== undefined && value > schema.maximum)
    return wrong(`At most ${withUnit(schema.maximum, schema)}.`);
  if (schema.exclusiveMinimum !== undefined && value <= schema.exclusiveMinimum) {
    return wrong(`More than ${withUnit(schema.exclusiveMinimum, schema)}.`);
  }
  if (schema.exclusiveMaximum !== undefined && value >= schema.exclusiveMaximum) {
    return wrong(`Less than ${withUnit(schema.exclusiveMaximum, schema)}.`);
  }
  if (schema.multipleOf !== undefined && !isMultiple(value, schema.multipleOf)) {
    return wrong(`In steps of ${withUnit(schema.multipleOf, schema)}.`);
  }
  return [];
}

function validateString(schema: Schema, value: unknown, pointer: string): Complaint[] {
  if (typeof value !== 'string') return [{ pointer, message: 'Enter text.' }];
  // JSON Schema counts characters, JavaScript counts UTF-16 units.
  const length = Array.from(value).length;
  if (schema.minLength !== undefined && length < schema.minLength) {
    return [{ pointer, message: schema.minLength === 1 ? 'Needed.' : `At least ${schema.minLength} characters.` }];
  }
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    return [{ pointer, message: `At most ${schema.maxLength} characters.` }];
  }
  return [];
}

function isMultiple(value: number, step: number): boolean {
  const times = value / step;
  return Math.abs(times - Math.round(times)) < 1e-9 * Math.max(1, Math.abs(times));
}

function withUnit(number: number, schema: Schema): string {
  return schema['x-unit'] ? `${number} ${schema['x-unit']}` : String(number);
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
