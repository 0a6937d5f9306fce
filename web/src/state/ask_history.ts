import { request } from '../net/http.ts';
import type { History } from '../protocol_media.ts';

export type AskHistory = (from_ms: number, to_ms: number, points: number) => Promise<History>;

/** Asks the hub; of all channels for ''. */
export function askHistory(
  device: string,
  channel = '',
  get: <T>(path: string) => Promise<T> = (path) => request('GET', path),
): AskHistory {
  return (from_ms, to_ms, points) => {
    const query = new URLSearchParams({ ...(channel && { channel }) });
    query.set('from', String(Math.round(from_ms)));
    query.set('to', String(Math.round(to_ms)));
    query.set('points', String(points));
    return get<History>(`/api/v1/devices/${encodeURIComponent(device)}/telemetry?${query.toString()}`);
  };
}

/** Where the same part of time is to be had as a file. */
export function filePath(
  device: string,
  channel: string,
  from_ms: number,
  to_ms: number,
  kind: 'csv' | 'ndjson',
): string {
  const query = new URLSearchParams({ channel, from: String(Math.round(from_ms)), to: String(Math.round(to_ms)) });
  return `/api/v1/devices/${encodeURIComponent(device)}/telemetry.${kind}?${query.toString()}`;
}
