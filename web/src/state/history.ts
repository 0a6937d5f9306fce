import { asProblem, type Problem } from '../net/http.ts';
import type { History, HistoryPoint } from '../protocol_media.ts';
import type { AskHistory } from './ask_history.ts';
import { systemClock, type Clock } from './clock.ts';
import { append, gapOf, numbersOf, seriesKey } from './series.ts';
import { Store } from './store.ts';

export interface Span {
  ms: number;
  text: string;
  title: string;
}

const minute = 60_000;
const day = 24 * 60 * minute;

export const spans: readonly [Span, ...Span[]] = [
  { ms: 10 * minute, text: '10 min', title: 'The last 10 minutes' },
  { ms: 60 * minute, text: '1 h', title: 'The last hour' },
  { ms: day, text: '24 h', title: 'The last 24 hours' },
  { ms: 7 * day, text: '7 d', title: 'The last 7 days' },
  { ms: 30 * day, text: '30 d', title: 'The last 30 days' },
];

/** What is shown: the last `span_ms` until now, or from `from_ms` on. */
export interface View {
  span_ms: number;
  /** Null while it goes along with the time. */
  from_ms: number | null;
}

export interface DrawnSeries {
  channel: string;
  field: string;
  points: HistoryPoint[];
  /** A longer pause between two points is drawn as one. */
  gap_ms: number;
}

export interface HistoryState {
  series: ReadonlyMap<string, DrawnSeries>;
  step_ms: number;
  /** False until the first answer. */
  loaded: boolean;
  busy: boolean;
  problem: Problem | null;
}

/** So many points of a series are asked for: about one for each pixel of a usual chart. */
const wanted_points = 600;
/** A series that has grown longer than this by live values is asked for again, and loses its oldest until that comes. */
const most_points = 4000;
const shortest_span_ms = 2000;
const longest_span_ms = 366 * day;
/** Live values that are kept to be laid over an answer that was under way when they came. */
const most_recent = 4000;
/** Panning and zooming ask once they have come to rest. */
const rest_ms = 180;

interface Recent {
  key: string;
  at_ms: number;
  value: number;
}

/**
 * What a device has measured, over the part of time that its charts show: asked for as a whole, then kept up with the
 * live values in steps of the same length, and asked for again now and then, so that it stays what the hub keeps.
 */
export class HistoryStore {
  readonly view = new Store<View>({ span_ms: spans[0].ms, from_ms: null });
  readonly state = new Store<HistoryState>({
    series: new Map(),
    step_ms: 0,
    loaded: false,
    busy: false,
    problem: null,
  });
  private asked_ = 0;
  private recent_: Recent[] = [];
  private cancelTimer_: () => void = () => undefined;
  private closed_ = false;

  constructor(
    private readonly ask: AskHistory,
    private readonly now: () => number,
    private readonly clock: Clock = systemClock,
    /** Of each series, by its key, as what the device is now says it. */
    private readonly units: ReadonlyMap<string, string> = new Map(),
  ) {}

  close(): void {
    this.closed_ = true;
    this.cancelTimer_();
  }

  get live(): boolean {
    return this.view.value.from_ms === null;
  }

  window(): { from_ms: number; to_ms: number } {
    const { span_ms, from_ms } = this.view.value;
    const from = from_ms ?? this.now() - span_ms;
    return { from_ms: from, to_ms: from + span_ms };
  }

  /** The last so many milliseconds, going along with the time. */
  show(span_ms: number): void {
    this.look({ span_ms, from_ms: null }, 0);
  }

  /** A part of time that stands still. Its end is at most now. */
  zoom(from_ms: number, to_ms: number): void {
    const span_ms = Math.min(longest_span_ms, Math.max(shortest_span_ms, to_ms - from_ms));
    const from = Math.min((from_ms + to_ms - span_ms) / 2, this.now() - span_ms);
    this.look({ span_ms, from_ms: from }, rest_ms);
  }

  /** Goes by a part of what is shown; negative is earlier. Having come to now, it goes along with the time again. */
  pan(part: number): void {
    const { span_ms } = this.view.value;
    const from_ms = this.window().from_ms + part * span_ms;
    if (from_ms + span_ms >= this.now()) this.look({ span_ms, from_ms: null }, rest_ms);
    else this.look({ span_ms, from_ms }, rest_ms);
  }

  /** Shows `factor` as much time as now: less than 1 looks closer. */
  scale(factor: number): void {
    const { span_ms, from_ms } = this.view.value;
    const next_ms = Math.min(longest_span_ms, Math.max(shortest_span_ms, span_ms * factor));
    if (from_ms === null) this.look({ span_ms: next_ms, from_ms: null }, rest_ms);
    else this.zoom(from_ms + (span_ms - next_ms) / 2, from_ms + (span_ms + next_ms) / 2);
  }

  /** Asks the hub for what is shown. Never throws: a refusal is in `state.problem`. */
  async load(): Promise<void> {
    this.cancelTimer_();
    this.asked_ += 1;
    const asked = this.asked_;
    const { from_ms, to_ms } = this.window();
    this.state.patch({ busy: true });
    try {
      const answer = await this.ask(from_ms, to_ms, wanted_points);
      if (asked === this.asked_) this.take(answer);
    } catch (error) {
      if (asked === this.asked_) this.state.patch({ busy: false, problem: asProblem(error) });
    }
    if (asked === this.asked_) this.plan();
  }

  /** The hub's clock turned out to be another: what came before stands at moments that may not have been. */
  timeShifted(): void {
    this.recent_ = [];
    void this.load();
  }

  /** A live value of a channel, measured at `at_ms` of the hub's wall clock. */
  measured(channel: string, at_ms: number, value: unknown): void {
    const { series, step_ms } = this.state.value;
    for (const [field, number] of numbersOf(value)) {
      const key = seriesKey({ channel, field });
      this.recent_.push({ key, at_ms, value: number });
      if (!this.live) continue;
      const known = series.get(key);
      if (known) append(known.points, at_ms, number, step_ms);
      else if (this.state.value.loaded) this.begin({ key, at_ms, value: number });
      if (known && known.points.length > most_points) this.shorten(known.points);
    }
    if (this.recent_.length > most_recent) this.recent_ = this.recent_.slice(-most_recent / 2);
  }

  private shorten(points: HistoryPoint[]): void {
    points.splice(0, points.length - most_points);
    const { busy, problem } = this.state.value;
    // What failed is asked for again by the clock, not by each value.
    if (!busy && !problem) void this.load();
  }

  private begin({ key, at_ms, value }: Recent): void {
    const [channel = '', field = ''] = key.split(' ');
    const points: HistoryPoint[] = [[at_ms, 1, value, value, value]];
    const series = new Map(this.state.value.series);
    series.set(key, { channel, field, points, gap_ms: gapOf(points, this.state.value.step_ms) });
    this.state.patch({ series });
  }

  private look(view: View, after_ms: number): void {
    const was = this.view.value;
    if (was.span_ms === view.span_ms && was.from_ms === view.from_ms && this.state.value.loaded) return;
    this.view.set(view);
    this.cancelTimer_();
    if (after_ms === 0) void this.load();
    else this.cancelTimer_ = this.clock.after(after_ms, () => void this.load());
  }

  private take({ series, step_ms }: History): void {
    const drawn = new Map<string, DrawnSeries>();
    for (const { channel, field, unit, points } of series) {
      const key = seriesKey({ channel, field });
      // What was measured in another unit, before that changed, is another series: its figures belong on another axis.
      if ((this.units.get(key) ?? unit) !== unit) continue;
      drawn.set(key, { channel, field, points, gap_ms: gapOf(points, step_ms) });
    }
    this.state.set({ series: drawn, step_ms, loaded: true, busy: false, problem: null });
    if (!this.live) return;
    // Single values may have come twice, a step that has begun holds some of them already: only what is later counts.
    const ends = new Map([...drawn].map(([key, { points }]) => [key, (points.at(-1)?.[0] ?? -Infinity) + step_ms]));
    for (const value of this.recent_) {
      if (value.at_ms <= (ends.get(value.key) ?? -Infinity)) continue;
      const known = this.state.value.series.get(value.key);
      if (known) append(known.points, value.at_ms, value.value, step_ms);
      else this.begin(value);
    }
  }

  /** What goes along with the time is asked for again, the rarer the longer it is; what failed, soon. */
  private plan(): void {
    if (this.closed_) return;
    const { problem } = this.state.value;
    if (!this.live && !problem) return;
    const again_ms = problem ? 10_000 : Math.min(5 * minute, Math.max(30_000, this.view.value.span_ms / 60));
    this.cancelTimer_ = this.clock.after(again_ms, () => void this.load());
  }
}
