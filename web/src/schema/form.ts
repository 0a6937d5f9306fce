import type { Schema } from '../protocol.ts';

/** What a form starts with: declared defaults, else nothing for what the person must decide. */
export function initialValue(schema: Schema): unknown {
  if (schema.default !== undefined) return structuredClone(schema.default);
  if (schema.const !== undefined) return structuredClone(schema.const);
  switch (schema.type) {
    case 'object': {
      const value: Record<string, unknown> = {};
      for (const [name, part] of Object.entries(schema.properties ?? {})) {
        const needed = schema.required?.includes(name) ?? false;
        if (needed || part.default !== undefined) value[name] = initialValue(part);
      }
      return value;
    }
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => initialValue(schema.items ?? {}));
    case 'boolean':
      return false;
    default:
      return undefined;
  }
}

/** The members of an object in the order of its schema's `x-order`; those that it does not name come last. */
export function inOrder<T>(members: Readonly<Record<string, T>>, order: unknown): [string, T][] {
  const names = Array.isArray(order) ? (order as unknown[]) : [];
  const rank = (name: string): number => (names.includes(name) ? names.indexOf(name) : names.length);
  return Object.entries(members).sort(([a], [b]) => rank(a) - rank(b));
}

/** A new value with the member at `key` replaced; `undefined` removes a member of an object. */
export function withMember(value: unknown, key: string | number, member: unknown): unknown {
  if (typeof key === 'number') {
    const list = Array.isArray(value) ? [...(value as unknown[])] : [];
    list[key] = member;
    return list;
  }
  const group = { ...(value as Record<string, unknown> | undefined) };
  if (member === undefined) Reflect.deleteProperty(group, key);
  else group[key] = member;
  return group;
}

/** What stands in a number's field: undefined for nothing, NaN for what is no number (yet), such as "-". */
export function typedNumber(field: { value: string; validity: { badInput: boolean } }): number | undefined {
  if (field.validity.badInput) return Number.NaN;
  const text = field.value.trim();
  return text === '' ? undefined : Number(text);
}

/** How a value stands in a number's field; what is no number leaves it empty. */
export function numberText(value: unknown): string {
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : '';
}

/**
 * The field that shows a complaint about `pointer`: that of the value itself or of the innermost part around it that
 * has one. Null when none has. The hub and the devices count a command's pointers from its message: `/params/x_px`.
 */
export function fieldFor(schema: Schema, pointer: string): string | null {
  let part: Schema | undefined = schema;
  let field: string | null = null;
  for (const member of pointer
    .replace(/^\/params(?=\/|$)/, '')
    .split('/')
    .slice(1)) {
    const name = member.replaceAll('~1', '/').replaceAll('~0', '~');
    part = part.type === 'array' ? part.items : part.properties?.[name];
    if (!part) break;
    field = `${field ?? ''}/${member}`;
  }
  return field;
}

/** Whether a slider helps: both bounds known, and few enough steps to hit one by hand. */
export function sliderRange(schema: Schema): { min: number; max: number; step: number } | null {
  const { minimum: min, maximum: max } = schema;
  if (min === undefined || max === undefined || max <= min) return null;
  const step = schema.multipleOf ?? (schema.type === 'integer' ? 1 : (max - min) / 200);
  return (max - min) / step <= 5000 ? { min, max, step } : null;
}
