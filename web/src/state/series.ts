import type { ChannelInfo, Schema } from '../protocol.ts';
import type { HistoryPoint } from '../protocol_media.ts';
import { humanName } from '../text/names.ts';
import { unitText } from '../text/units.ts';

/** One number (or yes and no) within a channel's value. */
export interface Field {
  channel: string;
  /** JSON Pointer into the value, as the history names it. */
  field: string;
  title: string;
  unit: string;
  boolean: boolean;
}

/** Fields of a channel that share an axis: the same unit, or all yes and no. */
export interface Plot {
  key: string;
  title: string;
  /** As it is read: "°C"; '' for none. */
  unit: string;
  boolean: boolean;
  fields: Field[];
}

/** What a uPlot draws: moments, and a mean, least and greatest of each field; null is a gap. */
export interface Columns {
  times: number[];
  means: (number | null | undefined)[][];
  mins: (number | null | undefined)[][];
  maxs: (number | null | undefined)[][];
}

/** Shorter pauses than this are never called a gap. */
const shortest_gap_ms = 2000;

export function seriesKey({ channel, field }: Pick<Field, 'channel' | 'field'>): string {
  return `${channel} ${field}`;
}

/** Every number and boolean that a channel declares, also inside of objects. */
export function fieldsOf({ name, schema }: ChannelInfo): Field[] {
  const found: Field[] = [];
  const walk = (part: Schema, pointer: string, titles: string[]): void => {
    for (const [key, inner] of Object.entries(part.properties ?? {})) {
      const unit = inner['x-unit'] ?? '';
      const words = [...titles, inner.title ?? humanName(key, unit)];
      const field = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      if (inner.type === 'object') walk(inner, field, words);
      else if (inner.type === 'number' || inner.type === 'integer' || inner.type === 'boolean')
        found.push({ channel: name, field, title: words.join(' · '), unit, boolean: inner.type === 'boolean' });
    }
  };
  walk(schema, '', []);
  return found;
}

/** One chart for each unit of each measuring channel. */
export function plotsOf(channels: readonly ChannelInfo[]): Plot[] {
  return channels.flatMap((channel) => {
    const title = channel.title || humanName(channel.name);
    const groups = new Map<string, Field[]>();
    for (const field of fieldsOf(channel)) {
      const group = field.boolean ? 'boolean' : `in ${field.unit}`;
      groups.set(group, [...(groups.get(group) ?? []), field]);
    }
    return [...groups].map(([group, fields]) => ({
      key: `${channel.name} ${group}`,
      title: groups.size > 1 && fields.length === 1 ? `${title} · ${fields[0]?.title ?? ''}` : title,
      unit: unitText(fields[0]?.unit ?? ''),
      boolean: group === 'boolean',
      fields,
    }));
  });
}

/** The numbers within a value, by JSON Pointer; booleans are 0 and 1, texts are left out. */
export function numbersOf(value: unknown, pointer = ''): [field: string, value: number][] {
  if (typeof value === 'number') return Number.isFinite(value) ? [[pointer, value]] : [];
  if (typeof value === 'boolean') return [[pointer, value ? 1 : 0]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    numbersOf(inner, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
}

/** A pause longer than this means that nothing was measured; guessed from how densely the points lie. */
export function gapOf(points: readonly HistoryPoint[], step_ms: number): number {
  const least = Math.max(shortest_gap_ms, 1.5 * step_ms);
  if (points.length < 3) return Math.max(least, 4 * step_ms, 5000);
  const between = points.slice(1).map((point, i) => point[0] - (points[i]?.[0] ?? 0));
  const middle = (list: number[]): number => list.sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
  // Points that stand for many values each are there in every step, or nothing was measured in it.
  const dense = step_ms > 0 && middle(points.map((point) => point[1])) >= 2;
  return dense ? least : Math.max(least, 3.5 * middle(between));
}

/** Adds a live value at the end: to the newest point while its step lasts, else as a point of its own. In place. */
export function append(points: HistoryPoint[], at_ms: number, value: number, step_ms: number): void {
  const last = points.at(-1);
  if (!last || (step_ms <= 0 && at_ms > last[0])) {
    points.push([at_ms, 1, value, value, value]);
    return;
  }
  if (step_ms <= 0 || at_ms < last[0]) return;
  if (at_ms >= last[0] + step_ms) {
    points.push([last[0] + Math.floor((at_ms - last[0]) / step_ms) * step_ms, 1, value, value, value]);
    return;
  }
  const [t, n, min, max, mean] = last;
  points[points.length - 1] = [t, n + 1, Math.min(min, value), Math.max(max, value), mean + (value - mean) / (n + 1)];
}

/** Lays several series over one line of time. `undefined`: this one has no point there; null: here it has a gap. */
export function columnsOf(series: readonly { points: readonly HistoryPoint[]; gap_ms: number }[]): Columns {
  const times = new Set<number>();
  const breaks = series.map(({ points, gap_ms }) => {
    const at: number[] = [];
    points.forEach((point, i) => {
      times.add(point[0]);
      const before = points[i - 1];
      if (before && point[0] - before[0] > gap_ms) at.push((before[0] + point[0]) / 2);
    });
    at.forEach((time) => times.add(time));
    return at;
  });
  const sorted = [...times].sort((a, b) => a - b);
  const place = new Map(sorted.map((time, i) => [time, i]));
  const columns: Columns = { times: sorted, means: [], mins: [], maxs: [] };
  series.forEach(({ points }, which) => {
    const of = (part: 2 | 3 | 4): (number | null | undefined)[] => {
      const column = new Array<number | null | undefined>(sorted.length).fill(undefined);
      for (const time of breaks[which] ?? []) column[place.get(time) ?? 0] = null;
      for (const point of points) column[place.get(point[0]) ?? 0] = point[part];
      return column;
    };
    columns.mins.push(of(2));
    columns.maxs.push(of(3));
    columns.means.push(of(4));
  });
  return columns;
}
