import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { announcements, devices, hubTime, router } from '../app.ts';
import type { AuditEntry } from '../protocol_upkeep.ts';
import { AuditStore, byDay, exportPath } from '../state/audit.ts';
import { everything, isNarrowed, readFilter, writeFilter, type AuditFilter } from '../state/audit_filter.ts';
import { Follow } from './follow.ts';
import { icons } from './icons.ts';
import './rh_audit_chain.ts';
import './rh_audit_entry.ts';
import './rh_audit_filter.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

const day_text = new Intl.DateTimeFormat(undefined, { dateStyle: 'full' });

/** Who did what, when and from where: the newest first, day by day. What is chosen stands in the address bar. */
@customElement('rh-audit-page')
export class RhAuditPage extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    tables,
    css`
      .day {
        margin: 1.25rem 0 0.5rem;
        color: var(--rh-muted);
        font-size: 0.875rem;
      }
      ol {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li + li {
        border-top: 1px solid var(--rh-line);
      }
      ol.old {
        opacity: 0.6;
      }
      .more {
        display: flex;
        justify-content: center;
        margin-top: 1rem;
      }
      @media (max-width: 44rem) {
        .head h1 {
          flex: 1 1 100%;
        }
        .head button,
        .head .button {
          flex: 1 1 auto;
          padding: 0.5rem 0.75rem;
        }
      }
      rh-audit-filter {
        margin-bottom: 1rem;
      }
      rh-audit-chain {
        margin-bottom: 1.25rem;
      }
    `,
  ];

  @state() private filter_: AuditFilter = readFilter(router.search.value);
  @state() private chain_ = false;
  private readonly audit_ = new AuditStore(undefined, () => hubTime.now());
  private releases_: (() => void)[] = [];

  constructor() {
    super();
    new Follow(this, this.audit_.state, devices.state);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.filter_ = readFilter(router.search.value);
    // Back, Forward and links to a choice change the address under us.
    this.releases_ = [
      devices.watchList(),
      router.search.subscribe(() => this.follow()),
      // "The last hour" is the hub's; the first answer may have been asked for by this machine's clock.
      hubTime.shifts.subscribe(() => this.show(this.filter_)),
    ];
    void this.audit_.load(this.filter_);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const release of this.releases_) release();
  }

  override render(): TemplateResult {
    return html`
      <div class="head">
        <h1>Audit</h1>
        <button @click=${() => void this.audit_.load(this.filter_)}>Refresh</button>
        <a class="button" download href=${exportPath(this.filter_, hubTime.now())}>Export</a>
        <button aria-expanded=${this.chain_ ? 'true' : 'false'} @click=${() => (this.chain_ = !this.chain_)}>
          Verify chain
        </button>
      </div>
      ${this.chain_ ? html`<rh-audit-chain .audit=${this.audit_}></rh-audit-chain>` : nothing}
      <rh-audit-filter
        .filter=${this.filter_}
        .device_ids=${[...devices.state.value.byId.keys()]}
        @choose=${(event: CustomEvent<AuditFilter>) => this.choose(event.detail)}
      ></rh-audit-filter>
      ${this.list()}
    `;
  }

  private list(): TemplateResult {
    const { entries, next_before, loading, problem } = this.audit_.state.value;
    const failed = problem
      ? html`<div class="note danger failed" role="alert">
          <p>${problem.detail}</p>
          <button @click=${() => this.again()}>Try again</button>
        </div>`
      : nothing;
    if (!entries) {
      return html`${failed}
        <div class="card" aria-hidden="true" ?hidden=${!loading}>
          ${[0, 1, 2, 3, 4, 5].map(() => html`<div class="row-blank"></div>`)}
        </div>`;
    }
    if (entries.length === 0 && !loading) return html`${failed}${this.none()}`;
    return html`
      ${failed}
      ${repeat(
        byDay(entries),
        ({ day }) => day,
        ({ day, entries: of_day }) => html`
          <h2 class="day">${dayText(day)}</h2>
          <ol class="card ${loading && next_before === null ? 'old' : ''}" aria-label=${dayText(day)}>
            ${repeat(
              of_day,
              ({ seq }) => seq,
              (entry) => html`<li>${this.entry(entry)}</li>`,
            )}
          </ol>
        `,
      )}
      <div class="more">
        ${next_before === null
          ? html`<p class="muted small">That is all of this choice.</p>`
          : html`<button aria-disabled=${loading ? 'true' : 'false'} @click=${() => void this.audit_.older()}>
              ${loading ? 'Fetching…' : 'Older entries'}
            </button>`}
      </div>
    `;
  }

  private entry(entry: AuditEntry): TemplateResult {
    return html`<rh-audit-entry
      .entry=${entry}
      @narrow=${(event: CustomEvent<Partial<AuditFilter>>) => this.choose({ ...this.filter_, ...event.detail })}
    ></rh-audit-entry>`;
  }

  private none(): TemplateResult {
    const narrowed = isNarrowed(this.filter_) || this.filter_.range !== 'all';
    return html`<div class="card empty" role="status">
      ${icons.log}
      <h2>${narrowed ? 'Nothing of this kind was recorded' : 'Nothing is recorded yet'}</h2>
      <p class="muted">
        ${narrowed ? 'Choose a longer time, or fewer conditions.' : 'What people do will stand here.'}
      </p>
      ${narrowed
        ? html`<button @click=${() => this.choose({ ...everything, range: 'all' })}>Show everything</button>`
        : nothing}
    </div>`;
  }

  private again(): void {
    const { entries, next_before } = this.audit_.state.value;
    void (entries && next_before !== null ? this.audit_.older() : this.audit_.load(this.filter_));
  }

  /** The address leads; what it then says is shown by `follow`. */
  private choose(filter: AuditFilter): void {
    router.keepSearch(writeFilter(filter));
  }

  private follow(): void {
    const filter = readFilter(router.search.value);
    if (JSON.stringify(filter) !== JSON.stringify(this.filter_)) this.show(filter);
  }

  private show(filter: AuditFilter): void {
    this.filter_ = filter;
    void this.audit_.load(filter).then(() => {
      const { entries, next_before } = this.audit_.state.value;
      if (entries) announcements.say(`${entries.length}${next_before === null ? '' : ' and more'} entries.`);
    });
  }
}

function dayText(day: number): string {
  const today = new Date(hubTime.now()).setHours(0, 0, 0, 0);
  if (day === today) return 'Today';
  if (day === new Date(today - 1).setHours(0, 0, 0, 0)) return 'Yesterday';
  return day_text.format(day);
}
