import { asProblem, request, type Problem } from '../net/http.ts';
import type { AuditEntry, AuditPage, AuditVerdict } from '../protocol_upkeep.ts';
import { queryOf, type AuditFilter } from './audit_filter.ts';
import { Resource } from './resource.ts';
import { Store } from './store.ts';

const page_size = 50;
/** The hub walks the whole chain for it. */
const verify_limit_ms = 180000;

export interface AuditState {
  /** Newest first; null before the first answer. */
  entries: readonly AuditEntry[] | null;
  next_before: number | null;
  loading: boolean;
  problem: Problem | null;
}

/** The chosen part of the audit, page by page towards the past, and the verdict on its chain. */
export class AuditStore {
  readonly state = new Store<AuditState>({ entries: null, next_before: null, loading: false, problem: null });
  readonly verdict = new Resource<AuditVerdict>(() => this.askVerdict());
  private known_head_ = '';
  private query_ = new URLSearchParams();
  private round_ = 0;

  constructor(
    private readonly get: <T>(path: string, limit_ms?: number) => Promise<T> = (path, limit_ms) =>
      request('GET', path, undefined, limit_ms),
    /** The hub's wall clock. */
    private readonly now: () => number = () => Date.now(),
  ) {}

  /** Shows `filter` from its newest entry on. What was shown stays until the answer is there. */
  async load(filter: AuditFilter): Promise<void> {
    this.query_ = queryOf(filter, this.now());
    await this.fetch(null);
  }

  /** Appends the next, older page. */
  async older(): Promise<void> {
    const { next_before, loading } = this.state.value;
    if (next_before === null || loading) return;
    await this.fetch(next_before);
  }

  /** `known_head`: '' or a hash, written down earlier, that must be in the chain. */
  verify(known_head: string): Promise<void> {
    this.known_head_ = known_head.trim().toLowerCase();
    return this.verdict.load();
  }

  private askVerdict(): Promise<AuditVerdict> {
    const query = this.known_head_ === '' ? '' : `?${new URLSearchParams({ head: this.known_head_ }).toString()}`;
    return this.get<AuditVerdict>(`/api/v1/audit/verify${query}`, verify_limit_ms);
  }

  private async fetch(before: number | null): Promise<void> {
    const round = ++this.round_;
    this.state.patch({ loading: true, problem: null });
    const query = new URLSearchParams(this.query_);
    query.set('limit', String(page_size));
    if (before !== null) query.set('before', String(before));
    try {
      const page = await this.get<AuditPage>(`/api/v1/audit?${query.toString()}`);
      if (round !== this.round_) return;
      const kept = before === null ? [] : (this.state.value.entries ?? []);
      this.state.set({
        entries: [...kept, ...page.entries],
        next_before: page.next_before,
        loading: false,
        problem: null,
      });
    } catch (error) {
      if (round === this.round_) this.state.patch({ loading: false, problem: asProblem(error) });
    }
  }
}

/** Address of the present choice as a file of lines, oldest first. */
export function exportPath(filter: AuditFilter, now: number): string {
  const query = queryOf(filter, now).toString();
  return `/api/v1/audit.ndjson${query ? `?${query}` : ''}`;
}

/** Entries in runs of one calendar day, in their order. */
export function byDay(entries: readonly AuditEntry[]): { day: number; entries: AuditEntry[] }[] {
  const days: { day: number; entries: AuditEntry[] }[] = [];
  for (const entry of entries) {
    const day = new Date(entry.at_ms).setHours(0, 0, 0, 0);
    const last = days[days.length - 1];
    if (last?.day === day) last.entries.push(entry);
    else days.push({ day, entries: [entry] });
  }
  return days;
}
