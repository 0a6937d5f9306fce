import { request } from '../net/http.ts';
import type { PersonRef } from '../protocol.ts';
import type { Ban } from '../protocol_upkeep.ts';
import type { KnownDevice } from './devices.ts';
import { Resource } from './resource.ts';

export const ban_lengths = [
  { for_ms: 10 * 60000, text: '10 minutes' },
  { for_ms: 60 * 60000, text: '1 hour' },
  { for_ms: 24 * 3600000, text: '1 day' },
] as const;

/** Who is kept away: from one device, or (for administrators) from the hub and every device. */
export class BansStore {
  readonly list: Resource<Ban[]>;

  constructor(device: string | null = null) {
    const path = device === null ? '/api/v1/bans' : `/api/v1/devices/${encodeURIComponent(device)}/bans`;
    this.list = new Resource(() => request<{ bans: Ban[] }>('GET', path).then(({ bans }) => bans));
  }

  /** From the whole hub. @throws Problem */
  async add(person: string, for_ms: number, reason: string): Promise<Ban> {
    const ban = await request<Ban>('POST', '/api/v1/bans', { person, for_ms, ...(reason ? { reason } : {}) });
    await this.list.load();
    return ban;
  }

  /** Nothing is lost: who was banned may come back at once. @throws Problem */
  async lift(ban: Ban): Promise<void> {
    await request('DELETE', `/api/v1/bans/${ban.id}`);
    const kept = (this.list.value ?? []).filter(({ id }) => id !== ban.id);
    this.list.put(kept);
  }
}

/** Bans that still hold at `now`, the newest first. */
export function holding(bans: readonly Ban[], now: number): Ban[] {
  return bans.filter(({ until_ms }) => until_ms > now).sort((a, b) => b.created_at_ms - a.created_at_ms);
}

export function isGuest(person: Pick<PersonRef, 'id'>): boolean {
  return person.id.startsWith('g-');
}

/** Guests who drive or wait anywhere, by name: those whom one may want to ban. */
export function guestsInLines(byId: ReadonlyMap<string, KnownDevice>): PersonRef[] {
  const guests = new Map<string, PersonRef>();
  for (const { device } of byId.values()) {
    const { holder, waiting } = device.turn;
    for (const person of holder ? [holder, ...waiting] : waiting) if (isGuest(person)) guests.set(person.id, person);
  }
  return [...guests.values()].sort((a, b) => a.name.localeCompare(b.name));
}
