import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { everything, isNarrowed, type AuditFilter, type Range } from '../state/audit_filter.ts';
import { actionFamilies } from '../state/audit_words.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';

const range_texts: Readonly<Record<Range, string>> = {
  hour: 'Last hour',
  day: 'Last 24 hours',
  week: 'Last 7 days',
  month: 'Last 30 days',
  all: 'All time',
  custom: 'Between…',
};

type TextName = 'actor' | 'object' | 'text';

/** While somebody types the hub is not asked for each letter. */
const typing_ms = 350;

/** The conditions of the audit. Fires `choose` with the whole filter after each change. */
@customElement('rh-audit-filter')
export class RhAuditFilter extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    css`
      form {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 11rem), 1fr));
        align-items: end;
        gap: 0.75rem;
        padding: 1rem 1.125rem 1.125rem;
      }
      @media (max-width: 44rem) {
        form {
          grid-template-columns: repeat(2, minmax(0, 1fr));
          padding: 0.875rem;
        }
        .wide {
          grid-column: 1 / -1;
        }
      }
    `,
  ];

  @property({ attribute: false }) filter: AuditFilter = everything;
  @property({ attribute: false }) device_ids: string[] = [];
  private timer_: ReturnType<typeof setTimeout> | undefined;
  /** What was typed and not sent yet; it goes with the next change, whichever that is. */
  private typed_: Partial<Record<TextName, string>> = {};

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer_);
  }

  override render(): TemplateResult {
    const { range, from, to, action } = this.filter;
    return html`<form
      class="card"
      role="search"
      aria-label="Entries to show"
      @submit=${(event: Event) => event.preventDefault()}
    >
      <div class="field wide">
        <label for="text">Anything</label>
        ${this.text('text', 'Words of an entry', 'search')}
      </div>
      <div class="field">
        <label for="range">Time</label>
        <select id="range" @change=${(event: Event) => this.pickRange(valueOf(event) as Range)}>
          ${Object.entries(range_texts).map(
            ([name, text]) => html`<option value=${name} .selected=${name === range}>${text}</option>`,
          )}
        </select>
      </div>
      ${range === 'custom'
        ? html`<div class="field wide">
              <label for="from">From</label>
              <input
                id="from"
                type="datetime-local"
                .value=${from}
                max=${to || nothing}
                @change=${(event: Event) => this.change({ from: valueOf(event) })}
              />
            </div>
            <div class="field wide">
              <label for="to">To</label>
              <input
                id="to"
                type="datetime-local"
                .value=${to}
                min=${from || nothing}
                @change=${(event: Event) => this.change({ to: valueOf(event) })}
              />
            </div>`
        : nothing}
      <div class="field">
        <label for="action">What</label>
        <select id="action" @change=${(event: Event) => this.change({ action: valueOf(event) })}>
          <option value="" .selected=${action === ''}>Anything</option>
          ${actionFamilies().map(
            ({ prefix, title, actions }) =>
              html`<optgroup label=${title}>
                ${prefix && actions.length > 1
                  ? html`<option value=${prefix} .selected=${action === prefix}>${title}: all</option>`
                  : nothing}
                ${actions.map(
                  (one) => html`<option value=${one.action} .selected=${action === one.action}>${one.title}</option>`,
                )}
              </optgroup>`,
          )}
        </select>
      </div>
      <div class="field">
        <label for="actor">Who</label>
        ${this.text('actor', 'Name or id')}
      </div>
      <div class="field">
        <label for="object">About</label>
        ${this.text('object', 'lab-turret, user:ada')}
        <datalist id="objects">
          ${this.device_ids.map((id) => html`<option value=${id}></option>`)}
          <option value="config"></option>
        </datalist>
      </div>
      ${isNarrowed(this.filter)
        ? html`<button type="button" @click=${() => this.fire({ ...everything, range, from, to })}>
            Clear conditions
          </button>`
        : nothing}
    </form>`;
  }

  private text(name: TextName, placeholder: string, type = 'text'): TemplateResult {
    return html`<input
      id=${name}
      type=${type}
      placeholder=${placeholder}
      autocomplete="off"
      autocapitalize="none"
      spellcheck="false"
      maxlength="256"
      list=${name === 'object' ? 'objects' : nothing}
      .value=${live(this.shown(name))}
      @input=${(event: Event) => this.type(name, valueOf(event))}
      @change=${(event: Event) => this.change({ [name]: valueOf(event) })}
    />`;
  }

  /** What is being typed stands until it is sent, and after that with its blanks: the next word may follow them. */
  private shown(name: TextName): string {
    const meant = this.filter[name];
    const typed = this.renderRoot.querySelector<HTMLInputElement>(`#${name}`)?.value;
    return typed !== undefined && (this.typed_[name] !== undefined || typed.trim() === meant.trim()) ? typed : meant;
  }

  private pickRange(range: Range): void {
    this.change(range === 'custom' ? { range } : { range, from: '', to: '' });
  }

  private type(name: TextName, text: string): void {
    clearTimeout(this.timer_);
    this.typed_[name] = text;
    this.timer_ = setTimeout(() => this.change({}), typing_ms);
  }

  private change(part: Partial<AuditFilter>): void {
    this.fire({ ...this.filter, ...this.typed_, ...part });
  }

  private fire(filter: AuditFilter): void {
    clearTimeout(this.timer_);
    this.typed_ = {};
    if (JSON.stringify(filter) === JSON.stringify(this.filter)) return;
    this.dispatchEvent(new CustomEvent('choose', { detail: filter }));
  }
}

function valueOf(event: Event): string {
  return (event.target as HTMLInputElement | HTMLSelectElement).value;
}
