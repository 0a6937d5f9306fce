import type { AdminSection } from '../router.ts';
import { Store } from './store.ts';

export interface Attention {
  level: 'warning' | 'critical';
  /** For a screen reader, such as "2 findings". */
  text: string;
}

/** Which parts of the administration ask to be looked at; the navigation shows a mark beside them. */
export const attention = new Store<ReadonlyMap<AdminSection, Attention>>(new Map());

export function callAttention(section: AdminSection, mark: Attention | null): void {
  const next = new Map(attention.value);
  if (mark) next.set(section, mark);
  else next.delete(section);
  attention.set(next);
}
