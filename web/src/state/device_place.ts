import type { Device } from '../protocol.ts';

/** What a device is called, and where it belongs. */
export interface Place {
  name: string;
  room: string;
  labels: readonly string[];
}

/** What somebody has edited of a place: only that is saved, for the rest may be changed by others meanwhile. */
export interface PlaceDraft {
  name?: string;
  room?: string;
  added: readonly string[];
  removed: readonly string[];
}

export const untouched: PlaceDraft = { added: [], removed: [] };

export function placeOf({ name, room, labels }: Device): Place {
  return { name, room: room ?? '', labels: labels ?? [] };
}

/** The place as it is with what was edited. */
export function drafted(saved: Place, { name, room, added, removed }: PlaceDraft): Place {
  return {
    name: name ?? saved.name,
    room: room ?? saved.room,
    labels: [...new Set([...saved.labels, ...added])].filter((label) => !removed.includes(label)),
  };
}

export function withLabels(draft: PlaceDraft, labels: readonly string[]): PlaceDraft {
  return {
    ...draft,
    added: [...new Set([...draft.added, ...labels])],
    removed: draft.removed.filter((label) => !labels.includes(label)),
  };
}

export function withoutLabel(draft: PlaceDraft, label: string): PlaceDraft {
  return { ...draft, added: draft.added.filter((other) => other !== label), removed: [...draft.removed, label] };
}

/** What the hub is asked to change, for the one to become the other; empty when they are the same. */
export function changesOf(from: Place, to: Place): { name?: string; room?: string; labels?: string[] } {
  const [name, room] = [to.name.trim(), to.room.trim()];
  return {
    ...(name !== from.name && { name }),
    ...(room !== from.room && { room }),
    ...(JSON.stringify(to.labels) !== JSON.stringify(from.labels) && { labels: [...to.labels] }),
  };
}
