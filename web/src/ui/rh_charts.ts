import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { hubTime, live } from '../app.ts';
import type { ChannelInfo } from '../protocol.ts';
import { askHistory, filePath } from '../state/ask_history.ts';
import { systemClock } from '../state/clock.ts';
import { HistoryStore, spans } from '../state/history.ts';
import { numbersOf, plotsOf, seriesKey, type Plot } from '../state/series.ts';
import type { WatchStore } from '../state/watch.ts';
import { momentText } from '../text/time.ts';
import { humanName } from '../text/names.ts';
import { Follow, Tick } from './follow.ts';
import { icons } from './icons.ts';
import './rh_chart.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';

/** What a device measures, over time: a chart for each unit of each channel, all over the same part of time. */
@customElement('rh-charts')
export class RhCharts extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    css`
      :host {
        display: grid;
        gap: 1rem;
        min-width: 0;
      }
      .head,
      .when,
      .files {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5rem;
      }
      .head h2 {
        margin-right: auto;
      }
      .spans {
        display: flex;
        flex: 0 1 auto;
      }
      .spans button {
        min-width: 3.25rem;
        border-radius: 0;
        margin-left: -1px;
      }
      .spans button:first-child {
        border-radius: var(--rh-radius-small) 0 0 var(--rh-radius-small);
        margin-left: 0;
      }
      .spans button:last-child {
        border-radius: 0 var(--rh-radius-small) var(--rh-radius-small) 0;
      }
      .spans button[aria-pressed='true'] {
        position: relative;
        border-color: var(--rh-accent);
        background: var(--rh-accent-soft);
        color: var(--rh-accent-text);
      }
      .spans button:focus-visible {
        z-index: 1;
      }
      .when {
        flex-wrap: nowrap;
        min-height: 2.75rem;
        margin-top: -0.5rem;
      }
      .when p {
        flex: 1;
        min-width: 0;
      }
      .charts {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr));
        gap: 1.25rem 1.75rem;
      }
      .failed {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.75rem;
      }
      .failed p {
        flex: 1 1 14rem;
      }
      details summary {
        padding: 0.375rem 0;
        color: var(--rh-muted);
        font-size: 0.9375rem;
        font-weight: 600;
        cursor: pointer;
      }
      .files {
        padding: 0.375rem 0;
      }
      .files span {
        flex: 1 1 8rem;
      }
      @media (max-width: 30rem) {
        .spans {
          width: 100%;
        }
        .spans button {
          flex: 1;
          min-width: 0;
          padding: 0.25rem;
          white-space: nowrap;
        }
      }
    `,
  ];

  @property() device = '';
  @property({ attribute: false }) channels: readonly ChannelInfo[] = [];
  @property({ attribute: false }) watch!: WatchStore;
  private history_: HistoryStore | null = null;
  private plots_: Plot[] = [];
  private newest_ = new Map<string, number>();
  private releases_: (() => void)[] = [];

  constructor() {
    super();
    // The files' links and the time in words go along.
    new Tick(this, () => this.history_?.live ?? false);
    new Follow(this, live.connection);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.release();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('channels')) this.plots_ = plotsOf(this.channels);
    if (changed.has('watch') || changed.has('channels')) this.open();
  }

  private open(): void {
    this.release();
    const units = new Map(this.plots_.flatMap(({ fields }) => fields).map((field) => [seriesKey(field), field.unit]));
    const history = new HistoryStore(askHistory(this.device), () => hubTime.now(), systemClock, units);
    this.history_ = history;
    this.newest_ = new Map();
    let online = live.connection.value.kind === 'online';
    this.releases_ = [
      () => history.close(),
      history.view.subscribe(() => this.requestUpdate()),
      history.state.subscribe(() => this.requestUpdate()),
      hubTime.shifts.subscribe(() => history.timeShifted()),
      live.connection.subscribe(() => {
        const now = live.connection.value.kind === 'online';
        // What was measured while the connection was away is only in the history.
        if (now && !online) void history.load();
        online = now;
      }),
      ...this.channels.map(({ name }) =>
        this.watch.subscribe(name, (value, t_ms) => {
          for (const [field, number] of numbersOf(value)) {
            this.newest_.set(seriesKey({ channel: name, field }), number);
          }
          history.measured(name, t_ms, value);
        }),
      ),
    ];
    const seen = (): void => {
      // A page that was in the background has drawn nothing, and its timers were slowed.
      if (document.visibilityState === 'visible' && history.live) void history.load();
    };
    document.addEventListener('visibilitychange', seen);
    this.releases_.push(() => document.removeEventListener('visibilitychange', seen));
    void history.load();
  }

  private release(): void {
    for (const release of this.releases_) release();
    this.releases_ = [];
  }

  override render(): TemplateResult | typeof nothing {
    const history = this.history_;
    if (!history || this.plots_.length === 0) return nothing;
    const { problem, busy } = history.state.value;
    return html`
      <div class="head">
        <h2 id="title">Measured</h2>
        <div class="spans" role="group" aria-label="Part of time">
          ${spans.map(
            ({ ms, text, title }) =>
              html`<button
                class="slim"
                aria-pressed=${history.live && history.view.value.span_ms === ms ? 'true' : 'false'}
                aria-label=${title}
                @click=${() => history.show(ms)}
              >
                ${text}
              </button>`,
          )}
        </div>
      </div>
      <div class="when">
        <p class="small muted number" aria-busy=${busy ? 'true' : 'false'}>${this.when(history)}</p>
        <button class="slim quiet" aria-label="Earlier" @click=${() => history.pan(-0.5)}>${icons.back}</button>
        <button class="slim quiet" aria-label="Later" ?disabled=${history.live} @click=${() => history.pan(0.5)}>
          ${icons.next}
        </button>
        <button
          class="slim"
          ?disabled=${history.live}
          @click=${() => history.show(spans.find(({ ms }) => ms >= history.view.value.span_ms)?.ms ?? spans[0].ms)}
        >
          Now
        </button>
      </div>
      ${problem
        ? html`<div class="note danger failed" role="alert">
            <p>The history cannot be shown. ${problem.detail}</p>
            <button class="slim" ?disabled=${busy} @click=${() => void history.load()}>Try again</button>
          </div>`
        : nothing}
      <div class="charts">
        ${repeat(
          this.plots_,
          ({ key }) => key,
          (plot) => html`<rh-chart .plot=${plot} .history=${history} .newest=${this.newest_}></rh-chart>`,
        )}
      </div>
      ${this.files(history)}
    `;
  }

  private when(history: HistoryStore): string {
    const { from_ms, to_ms } = history.window();
    if (!history.live) return `${momentText(from_ms)} to ${momentText(to_ms)}`;
    if (live.lost) return `Since ${momentText(from_ms)}. Nothing new comes: no connection to the hub.`;
    return `Since ${momentText(from_ms)}, live`;
  }

  /** What is kept of the shown time, as files. */
  private files(history: HistoryStore): TemplateResult {
    const { from_ms, to_ms } = history.window();
    const link = (name: string, kind: 'csv' | 'ndjson'): TemplateResult =>
      html`<a
        class="button slim"
        href=${filePath(this.device, name, from_ms, to_ms, kind)}
        download="${this.device}-${name}.${kind}"
        aria-label="${humanName(name)} as ${kind.toUpperCase()}"
        >${kind.toUpperCase()}</a
      >`;
    return html`<details>
      <summary>Download what is shown</summary>
      ${this.channels.map(
        ({ name, title }) =>
          html`<div class="files">
            <span>${title || humanName(name)}</span>${link(name, 'csv')} ${link(name, 'ndjson')}
          </div>`,
      )}
    </details>`;
  }
}
