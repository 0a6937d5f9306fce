import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { AuditEntry, Outcome } from '../protocol_upkeep.ts';
import { adminPath } from '../router.ts';
import type { AuditFilter } from '../state/audit_filter.ts';
import { nameOf, objectPath, reasonOf, sentenceOf, valueText } from '../state/audit_words.ts';
import { humanName } from '../text/names.ts';
import { dateTimeText, timeOfDayText } from '../text/time.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

const outcome_texts: Readonly<Record<Outcome, string>> = { ok: '', refused: 'Refused', failed: 'Failed' };

/** One entry as a sentence; the rest of it folds out. Fires `narrow` with a part of the filter. */
@customElement('rh-audit-entry')
export class RhAuditEntry extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    tables,
    css`
      summary {
        display: grid;
        grid-template-columns: 6.25rem minmax(0, 1fr) auto;
        align-items: baseline;
        gap: 0.75rem;
        padding: 0.5rem 1.125rem;
        font-size: 0.9375rem;
        cursor: pointer;
        list-style: none;
      }
      summary::-webkit-details-marker {
        display: none;
      }
      summary:hover {
        background: var(--rh-sunken);
      }
      summary:focus-visible {
        outline-offset: -3px;
      }
      time {
        color: var(--rh-muted);
        font-size: 0.875rem;
        white-space: nowrap;
      }
      .sentence {
        overflow-wrap: anywhere;
      }
      .more {
        display: grid;
        gap: 0.875rem;
        padding: 0.25rem 1.125rem 1rem 8.125rem;
      }
      .hash {
        overflow-wrap: anywhere;
      }
      .links {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
      }
      @media (max-width: 44rem) {
        summary {
          grid-template-columns: minmax(0, 1fr) auto;
          gap: 0 0.75rem;
          padding: 0.625rem 0.875rem;
        }
        .sentence {
          grid-column: 1;
        }
        time {
          grid-row: 1;
          grid-column: 2;
          font-size: 0.8125rem;
        }
        .badge {
          grid-column: 2;
          justify-self: end;
        }
        .more {
          padding: 0.25rem 0.875rem 1rem;
        }
      }
    `,
  ];

  @property({ attribute: false }) entry!: AuditEntry;

  override render(): TemplateResult {
    const { at_ms, outcome } = this.entry;
    const { actor, text } = sentenceOf(this.entry);
    const reason = reasonOf(this.entry);
    return html`<details>
      <summary>
        <time class="number" datetime=${new Date(at_ms).toISOString()} title=${dateTimeText(at_ms)}
          >${timeOfDayText(at_ms)}</time
        >
        <span class="sentence"
          ><strong>${actor}</strong> ${text}${reason ? html`<span class="muted">: ${reason}</span>` : nothing}</span
        >
        ${outcome === 'ok'
          ? nothing
          : html`<span class="badge ${outcome === 'refused' ? 'warn' : 'danger'}">${outcome_texts[outcome]}</span>`}
      </summary>
      <div class="more">${this.facts()} ${this.links()}</div>
    </details>`;
  }

  private facts(): TemplateResult {
    const { seq, at_ms, actor, address, action, object, detail, hash } = this.entry;
    return html`<dl class="facts">
      <dt>When</dt>
      <dd>${dateTimeText(at_ms)}</dd>
      <dt>Who</dt>
      <dd>${actor.name} <span class="muted">${actor.id}${address ? `, from ${address}` : ''}</span></dd>
      <dt>Action</dt>
      <dd><code>${action}</code></dd>
      ${object
        ? html`<dt>About</dt>
            <dd><code>${object}</code></dd>`
        : nothing}
      ${Object.entries(detail).map(
        ([name, value]) =>
          html`<dt>${humanName(name)}</dt>
            <dd>${valueText(value)}</dd>`,
      )}
      <dt>Number</dt>
      <dd class="number">${seq}</dd>
      <dt>Hash</dt>
      <dd class="hash"><code>${hash}</code></dd>
    </dl>`;
  }

  private links(): TemplateResult {
    const { actor, object, action } = this.entry;
    const path = objectPath(object);
    const name = nameOf(object);
    const account = actor.id.startsWith('u-');
    return html`<div class="links">
      ${path ? html`<a class="button slim" href=${path}>Open ${name}</a>` : nothing}
      ${account && actor.name
        ? html`<a class="button slim" href=${adminPath('users', actor.name)}>Open ${actor.name}</a>`
        : nothing}
      ${actor.id
        ? html`<button class="slim" @click=${() => this.narrow({ actor: actor.id })}>Only by ${actor.name}</button>`
        : nothing}
      ${object
        ? html`<button class="slim" @click=${() => this.narrow({ object })}>Only about ${name}</button>`
        : nothing}
      <button class="slim" @click=${() => this.narrow({ action })}>Only this action</button>
    </div>`;
  }

  private narrow(detail: Partial<AuditFilter>): void {
    this.dispatchEvent(new CustomEvent('narrow', { detail }));
  }
}
