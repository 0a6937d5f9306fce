import { html, LitElement, nothing, unsafeCSS, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import uPlot from 'uplot';
import plot_sheet from 'uplot/dist/uPlot.min.css?inline';
import { theme } from '../app.ts';
import type { HistoryPoint } from '../protocol_media.ts';
import type { HistoryStore } from '../state/history.ts';
import { columnsOf, seriesKey, type Columns, type Field, type Plot } from '../state/series.ts';
import { momentText } from '../text/time.ts';
import { measuredText } from '../text/units.ts';
import { chartOptions } from './chart_options.ts';
import { Follow } from './follow.ts';
import { base } from './styles/base.ts';
import { chart } from './styles/chart.ts';

/** So often a chart that goes along with the time is drawn; a pixel of it stands for longer. */
const frame_ms = 250;
/** One that nobody sees only keeps its words, at every so manieth of these moments. */
const unseen_frames = 8;
const narrow_px = 480;

/** One chart of fields that share a unit. Dragging, arrows and plus or minus change what all charts of the device show. */
@customElement('rh-chart')
export class RhChart extends LitElement {
  static override styles = [base, unsafeCSS(plot_sheet), chart];

  @property({ attribute: false }) plot!: Plot;
  @property({ attribute: false }) history!: HistoryStore;
  /** The newest live value of each field, by its key. */
  @property({ attribute: false }) newest: ReadonlyMap<string, number> = new Map();
  @state() private pointed_: number | null = null;
  @query('.plot') private readonly place_!: HTMLElement;
  private drawn_: uPlot | null = null;
  private columns_: Columns = { times: [], means: [], mins: [], maxs: [] };
  private on_screen_ = false;
  private dragging_ = false;
  private colour_ = '';
  private frame_ = 0;
  private release_: () => void = () => undefined;
  private touched_at_ = 0;
  private timer_: ReturnType<typeof setInterval> | undefined;
  private readonly dark_ = matchMedia('(prefers-color-scheme: dark)');
  private readonly resized_ = new ResizeObserver(() => this.resize());
  private readonly seen_ = new IntersectionObserver((entries) => {
    this.on_screen_ = entries.at(-1)?.isIntersecting ?? false;
    if (this.on_screen_) this.redraw();
  });

  constructor() {
    super();
    new Follow(this, theme.choice);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.dark_.addEventListener('change', this.recolour);
    for (const end of ['pointerup', 'pointercancel']) window.addEventListener(end, this.released, { capture: true });
    this.timer_ = setInterval(() => {
      const seen = this.on_screen_ && document.visibilityState === 'visible';
      this.frame_ += 1;
      if (!this.history.live || this.dragging_) return;
      if (seen) this.redraw();
      // Its words are read where nobody looks, too.
      else if (this.frame_ % unseen_frames === 0) this.requestUpdate();
    }, frame_ms);
    this.seen_.observe(this);
    if (!this.hasUpdated) return;
    this.follow();
    this.begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.dark_.removeEventListener('change', this.recolour);
    for (const end of ['pointerup', 'pointercancel']) window.removeEventListener(end, this.released, { capture: true });
    clearInterval(this.timer_);
    this.release_();
    this.resized_.disconnect();
    this.seen_.disconnect();
    this.drawn_?.destroy();
    this.drawn_ = null;
  }

  override render(): TemplateResult {
    const { title, unit, fields } = this.plot;
    const one = fields.length === 1;
    const at = this.pointed_ === null ? undefined : this.columns_.times[this.pointed_];
    return html`
      <header>
        <h3>${title}</h3>
        <ul aria-label=${at === undefined ? 'Newest values' : 'Values at the pointer'}>
          ${fields.map(
            (field, i) =>
              html`<li>
                <span class="swatch d${i % 3}" aria-hidden="true"></span>
                ${one && field.title === title ? nothing : html`<span class="muted">${field.title}</span>`}
                <b class="number">${this.valueText(field, i, at !== undefined)}</b>
              </li>`,
          )}
        </ul>
      </header>
      <div
        class="plot"
        role="group"
        tabindex="0"
        aria-label="Chart of ${title}${unit ? `, in ${unit}` : ''}"
        aria-describedby="summary keys"
        @keydown=${this.key}
        @dblclick=${() => this.history.show(this.history.view.value.span_ms)}
        @pointerdown=${(event: PointerEvent) => (this.dragging_ = event.button === 0)}
        @contextmenu=${this.released}
        @touchstart=${this.touch}
        @touchmove=${this.drag}
      >
        <span class="grid" hidden></span>
        ${at === undefined ? nothing : html`<span class="number at" aria-hidden="true">${momentText(at)}</span>`}
        ${this.blank() ? html`<p class="nothing">${this.blank()}</p>` : nothing}
      </div>
      <p id="summary" class="unseen">${this.summary()}</p>
      <p id="keys" class="unseen">Arrow left and right go in time, plus and minus look closer and wider, End is now.</p>
    `;
  }

  protected override firstUpdated(): void {
    this.begin();
  }

  protected override updated(changed: PropertyValues): void {
    this.renderRoot.querySelectorAll<HTMLElement>('.swatch').forEach((swatch, i) => {
      swatch.style.color = `var(--s${i % 6})`;
    });
    if (changed.has('history')) this.follow();
    if (changed.has('plot') && changed.get('plot') !== undefined) this.begin();
    else this.recolour();
  }

  private follow(): void {
    this.release_();
    const redraw = (): void => this.redraw();
    const releases = [this.history.view.subscribe(redraw), this.history.state.subscribe(redraw)];
    this.release_ = () => releases.forEach((release) => release());
  }

  /** Draws what the history holds now. */
  private redraw(): void {
    if (!this.drawn_) return;
    const { series } = this.history.state.value;
    const own = this.plot.fields.map((field) => series.get(seriesKey(field)) ?? { points: [], gap_ms: 0 });
    this.columns_ = columnsOf(own);
    const { times, means, mins, maxs } = this.columns_;
    const lines = this.plot.fields.flatMap((_field, i) => [means[i] ?? [], mins[i] ?? [], maxs[i] ?? []]);
    // Its types know numbers and null; undefined is its word for "this series has no point here".
    this.drawn_.setData([times, ...lines] as unknown as uPlot.AlignedData, true);
    this.requestUpdate();
  }

  private begin(): void {
    this.drawn_?.destroy();
    const width = this.place_.clientWidth;
    if (width === 0) {
      this.drawn_ = null;
      this.resized_.observe(this.place_);
      return;
    }
    const colour = (selector: string): string => {
      const element = this.renderRoot.querySelector(selector);
      return element ? getComputedStyle(element).color : 'gray';
    };
    const options = chartOptions({
      plot: this.plot,
      width,
      height: this.place_.clientHeight,
      narrow: width < narrow_px,
      colours: {
        text: () => colour('.plot'),
        grid: () => colour('.grid'),
        series: (i) => colour(`li:nth-child(${i + 1}) .swatch`),
      },
      window: () => this.history.window(),
      selected: (from_ms, to_ms) => this.history.zoom(from_ms, to_ms),
      pointed: (index) => (this.pointed_ = index),
    });
    this.drawn_ = new uPlot(options, [[], ...this.plot.fields.flatMap(() => [[], [], []])], this.place_);
    this.resized_.observe(this.place_);
    this.redraw();
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.place_;
    if (width === 0) return;
    if (!this.drawn_) this.begin();
    else if (width !== this.drawn_.width || height !== this.drawn_.height) this.drawn_.setSize({ width, height });
  }

  private readonly recolour = (): void => {
    const colour = getComputedStyle(this.place_).color;
    if (colour === this.colour_) return;
    this.colour_ = colour;
    this.drawn_?.redraw(false);
  };

  private valueText(field: Field, index: number, pointed: boolean): string {
    const { unit, boolean } = this.plot;
    const value = pointed
      ? this.columns_.means[index]?.[this.pointed_ ?? 0]
      : (this.newest.get(seriesKey(field)) ?? this.last(field));
    return typeof value === 'number' ? measuredText(value, unit, boolean) : '–';
  }

  /** The newest that is kept, of a device that is away. */
  private last(field: Field): number | undefined {
    if (!this.history.live) return undefined;
    return this.history.state.value.series.get(seriesKey(field))?.points.at(-1)?.[4];
  }

  /** What stands in place of lines. */
  private blank(): string {
    const { loaded, problem } = this.history.state.value;
    if (!loaded) return problem ? 'The history did not come' : 'Loading…';
    return this.plot.fields.some((field) => this.shown(field).length > 0) ? '' : 'Nothing was measured in this time';
  }

  /** The points of a field within what is shown; the newest may be a little ahead of this machine's clock. */
  private shown(field: Field): readonly HistoryPoint[] {
    const points = this.history.state.value.series.get(seriesKey(field))?.points ?? [];
    const { from_ms, to_ms } = this.history.window();
    const end_ms = this.history.live ? Infinity : to_ms;
    return points.filter(([at]) => at >= from_ms && at <= end_ms);
  }

  /** The chart in words. */
  private summary(): string {
    const { unit, boolean, fields } = this.plot;
    const { from_ms, to_ms } = this.history.window();
    const words = fields.map((field) => {
      const now = this.newest.get(seriesKey(field));
      const newest = now === undefined ? '' : `newest ${measuredText(now, unit, boolean)}`;
      const points = this.shown(field);
      if (points.length === 0) return `${field.title}: ${newest || 'no value'}`;
      const least = points.reduce((all, [, , min]) => Math.min(all, min), Infinity);
      const greatest = points.reduce((all, [, , , max]) => Math.max(all, max), -Infinity);
      const range = `from ${measuredText(least, unit, boolean)} to ${measuredText(greatest, unit, boolean)}`;
      return `${field.title}: ${[newest, range].filter(Boolean).join(', ')}`;
    });
    return `${words.join('. ')}. ${momentText(from_ms)} to ${momentText(to_ms)}.`;
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const far = event.shiftKey ? 0.5 : 0.1;
    const acts: Record<string, () => void> = {
      ArrowLeft: () => this.history.pan(-far),
      ArrowRight: () => this.history.pan(far),
      '+': () => this.history.scale(0.5),
      '=': () => this.history.scale(0.5),
      '-': () => this.history.scale(2),
      _: () => this.history.scale(2),
      End: () => this.history.show(this.history.view.value.span_ms),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** Also where the browser's menu opens: it takes the pointer, and the page is not told of its end. */
  private readonly released = (): void => {
    this.dragging_ = false;
  };

  private touch(event: TouchEvent): void {
    this.touched_at_ = event.touches[0]?.clientX ?? 0;
  }

  /** A finger goes in time, up and down stays the page's. */
  private drag(event: TouchEvent): void {
    const finger = event.touches[0];
    const width = this.drawn_?.over.clientWidth ?? 0;
    if (!finger || event.touches.length > 1 || width === 0) return;
    const moved = finger.clientX - this.touched_at_;
    if (Math.abs(moved) < 6) return;
    this.touched_at_ = finger.clientX;
    this.history.pan(-moved / width);
  }
}
