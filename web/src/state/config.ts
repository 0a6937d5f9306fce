import { request } from '../net/http.ts';
import type { Config, ConfigCheck, ConfigKey, Reload } from '../protocol_upkeep.ts';
import { withConfirmation } from './confirm.ts';
import { Resource } from './resource.ts';

/** The running configuration, the check of a text against it, and the reload of the file. */
export class ConfigStore {
  readonly running = new Resource<Config>(() => request('GET', '/api/v1/config'));
  readonly checked = new Resource<ConfigCheck>(() => request('POST', '/api/v1/config/check', { text: this.text_ }));
  private text_ = '';

  check(text: string): Promise<void> {
    this.text_ = text;
    return this.checked.load();
  }

  /** Reads the file again, all or nothing. @throws Problem when the hub could not be asked, or was not confirmed. */
  async reload(): Promise<Reload> {
    const outcome = await withConfirmation(() => request<Reload>('POST', '/api/v1/config/reload', {}, 30000));
    await this.running.load();
    return outcome;
  }
}

export interface ConfigSection {
  name: string;
  keys: ConfigKey[];
}

/** Keys that contain every word of `search`, in sections by the first part of their path, in the hub's order. */
export function configSections(keys: readonly ConfigKey[], search: string, only_changed: boolean): ConfigSection[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const sections = new Map<string, ConfigKey[]>();
  for (const key of keys) {
    if (only_changed && !isChanged(key)) continue;
    const text = `${key.path} ${valueText(key.value)} ${key.source}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    const name = key.path.split('.')[0] ?? key.path;
    const section = sections.get(name) ?? [];
    sections.set(name, section);
    section.push(key);
  }
  return [...sections].map(([name, list]) => ({ name, keys: list }));
}

/** Whether it differs from what the hub would do without being told. */
export function isChanged(key: ConfigKey): boolean {
  return JSON.stringify(key.value) !== JSON.stringify(key.default);
}

/** A value as the file would have it. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined || value === '' || value === '[]') return '(none)';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.length === 0 ? '(none)' : value.map(valueText).join(', ');
  return JSON.stringify(value);
}

/** "default", "command line", or "line 12" with the whole place as its title. */
export function sourceText(source: string): string {
  const place = /:(\d+)(?::\d+)?$/.exec(source);
  return place ? `line ${place[1]}` : source;
}

/** Where "pasted:12:3" lies in `text`, as an index for a cursor; null when it names no line of it. */
export function placeIn(text: string, where: string): number | null {
  const place = /(?:^|:|line )(\d+)(?::(\d+))?$/.exec(where.trim());
  if (!place) return null;
  const [line, column] = [Number(place[1]), Number(place[2] ?? 1)];
  const lines = text.split('\n');
  if (line < 1 || line > lines.length) return null;
  const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  return before + Math.min(Math.max(0, column - 1), (lines[line - 1] ?? '').length);
}
