import { request } from '../net/http.ts';
import type { Plugin } from '../protocol_people.ts';
import { Resource } from './resource.ts';

/** The plugins that the hub found when it started. */
export function askPlugins(): Resource<PluginType[]> {
  return new Resource(() =>
    request<{ plugins: Plugin[] }>('GET', '/api/v1/plugins').then(({ plugins }) => byPlugin(plugins)),
  );
}

/** One plugin with all versions of it that are installed, the newest first. */
export interface PluginType {
  id: string;
  title: string;
  vendor: string;
  types: string[];
  devices: number;
  versions: Plugin[];
}

export function byPlugin(plugins: readonly Plugin[]): PluginType[] {
  const found = new Map<string, Plugin[]>();
  for (const plugin of plugins) found.set(plugin.id, [...(found.get(plugin.id) ?? []), plugin]);
  return [...found]
    .map(([id, list]) => {
      const versions = [...list].sort((a, b) => newerFirst(a.version, b.version));
      const newest = versions[0];
      return {
        id,
        title: newest?.title || id,
        vendor: newest?.vendor ?? '',
        types: [...new Set(versions.flatMap(({ types }) => types))],
        devices: versions.reduce((sum, { devices }) => sum + devices, 0),
        versions,
      };
    })
    .sort((a, b) => a.title.localeCompare(b.title));
}

/** Versions as numbers, part by part: 1.10.0 is newer than 1.9.2. */
function newerFirst(a: string, b: string): number {
  return b.localeCompare(a, 'en', { numeric: true });
}
