/** Which part of the audit is shown: kept in the address bar, asked of the hub, and written into the export's link. */

export const ranges = ['hour', 'day', 'week', 'month', 'all', 'custom'] as const;
export type Range = (typeof ranges)[number];

export interface AuditFilter {
  range: Range;
  /** Of a custom range, as the person's own wall clock ("2026-11-21T12:05"); '' is open. */
  from: string;
  to: string;
  actor: string;
  /** A whole action, or a family of them that ends with a dot. */
  action: string;
  object: string;
  text: string;
}

export const everything: Readonly<AuditFilter> = {
  range: 'week',
  from: '',
  to: '',
  actor: '',
  action: '',
  object: '',
  text: '',
};

const hour_ms = 3600000;
const lengths: Partial<Record<Range, number>> = {
  hour: hour_ms,
  day: 24 * hour_ms,
  week: 7 * 24 * hour_ms,
  month: 30 * 24 * hour_ms,
};

const texts = ['actor', 'action', 'object', 'text'] as const;

export function readFilter(search: string): AuditFilter {
  const parameters = new URLSearchParams(search);
  const get = (name: string): string => parameters.get(name) ?? '';
  const from = isMoment(get('from')) ? get('from') : '';
  const to = isMoment(get('to')) ? get('to') : '';
  const named = ranges.find((known) => known === get('range'));
  const filter: AuditFilter = { ...everything, range: named ?? (from || to ? 'custom' : everything.range) };
  if (filter.range === 'custom') Object.assign(filter, { from, to });
  for (const name of texts) filter[name] = get(name).slice(0, 256);
  return filter;
}

/** What stands in the address bar: only what differs from the plain page. */
export function writeFilter(filter: AuditFilter): URLSearchParams {
  const parameters = new URLSearchParams();
  if (filter.range !== everything.range) parameters.set('range', filter.range);
  if (filter.range === 'custom') {
    if (filter.from) parameters.set('from', filter.from);
    if (filter.to) parameters.set('to', filter.to);
  }
  for (const name of texts) if (filter[name].trim()) parameters.set(name, filter[name].trim());
  return parameters;
}

/** What the hub is asked for. `now` is the wall clock's. */
export function queryOf(filter: AuditFilter, now: number): URLSearchParams {
  const query = new URLSearchParams();
  const length = lengths[filter.range];
  if (length !== undefined) query.set('from', String(now - length));
  if (filter.range === 'custom') {
    if (filter.from) query.set('from', String(new Date(filter.from).getTime()));
    if (filter.to) query.set('to', String(new Date(filter.to).getTime()));
  }
  for (const name of texts) {
    const value = name === 'object' ? objectOf(filter.object) : filter[name].trim();
    if (value) query.set(name, value);
  }
  return query;
}

/** Whether anything is chosen beside the range. */
export function isNarrowed(filter: AuditFilter): boolean {
  return texts.some((name) => filter[name].trim() !== '');
}

const bare_objects = ['', 'audit', 'backup', 'config', 'hub', 'database'];

/** People write "lab-turret"; the audit says "device:lab-turret". */
export function objectOf(typed: string): string {
  const text = typed.trim();
  return text.includes(':') || bare_objects.includes(text) ? text : `device:${text}`;
}

function isMoment(text: string): boolean {
  return text !== '' && !Number.isNaN(new Date(text).getTime());
}
