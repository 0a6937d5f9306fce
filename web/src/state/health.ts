import { request } from '../net/http.ts';
import type { Finding, Health, HealthLevel } from '../protocol_upkeep.ts';
import { callAttention } from './attention.ts';
import { systemClock, type Clock } from './clock.ts';
import { Resource } from './resource.ts';

const order: Readonly<Record<HealthLevel, number>> = { critical: 0, warning: 1, ok: 2 };

/** How the hub is; asked again and again while somebody looks, and never while the page is hidden. */
export class HealthStore {
  readonly health: Resource<Health>;
  private lookers_: number[] = [];
  private cancel_: () => void = () => undefined;

  constructor(
    private readonly ask: () => Promise<Health> = () => request('GET', '/api/v1/health'),
    private readonly visible: () => boolean = () => document.visibilityState === 'visible',
    private readonly clock: Clock = systemClock,
  ) {
    this.health = new Resource(() => this.ask());
    this.health.state.subscribe(() => this.mark());
  }

  /** Asks now and then every `every_ms` (the shortest wish of all who look), until the returned function is called. */
  watch(every_ms: number): () => void {
    this.lookers_.push(every_ms);
    void this.round();
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.lookers_.splice(this.lookers_.indexOf(every_ms), 1);
      if (this.lookers_.length === 0) this.cancel_();
    };
  }

  private async round(): Promise<void> {
    this.cancel_();
    if (this.visible()) await this.health.load();
    this.cancel_();
    if (this.lookers_.length === 0) return;
    this.cancel_ = this.clock.after(Math.min(...this.lookers_), () => void this.round());
  }

  private mark(): void {
    const health = this.health.value;
    const level = health?.status ?? 'ok';
    if (!health || level === 'ok') {
      callAttention('health', null);
      return;
    }
    const count = health.findings.filter((finding) => finding.level !== 'ok').length;
    callAttention('health', { level, text: count === 1 ? '1 finding' : `${count} findings` });
  }
}

export const health = new HealthStore();

/** Critical ones first, what is in order last; otherwise as the hub says them. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return findings
    .map((finding, i) => ({ finding, i }))
    .sort((a, b) => order[a.finding.level] - order[b.finding.level] || a.i - b.i)
    .map(({ finding }) => finding);
}
