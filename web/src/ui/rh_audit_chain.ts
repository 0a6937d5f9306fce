import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import type { AuditVerdict } from '../protocol_upkeep.ts';
import type { AuditStore } from '../state/audit.ts';
import { Follow } from './follow.ts';
import './rh_copy.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

/** Whether the audit's rows are those that were once written: each row's hash covers the row before it. */
@customElement('rh-audit-chain')
export class RhAuditChain extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    tables,
    css`
      .part {
        margin: 0;
      }
      [role='status'] {
        display: grid;
        gap: 0.5rem;
      }
    `,
  ];

  @property({ attribute: false }) audit!: AuditStore;
  @query('#head') private readonly head_!: HTMLInputElement;
  private following_: AuditStore | null = null;

  protected override willUpdate(): void {
    if (this.following_ === this.audit) return;
    this.following_ = this.audit;
    new Follow(this, this.audit.verdict.state);
  }

  override render(): TemplateResult {
    const { value, problem, busy } = this.audit.verdict.state.value;
    return html`<section class="card part" aria-labelledby="title">
      <h2 id="title">Is anything missing or changed?</h2>
      <p class="muted small">
        Every entry’s hash covers the entry before it. The newest hash, written down elsewhere, shows later that nothing
        up to there was changed, not even by somebody who could write the file.
      </p>
      <form class="form-row" @submit=${this.verify}>
        <div class="field">
          <label for="head">A hash written down earlier <span class="hint">(may stay empty)</span></label>
          <input
            id="head"
            class="mono"
            maxlength="64"
            pattern="\\s*[0-9A-Fa-f]{64}\\s*"
            title="64 hexadecimal digits"
            autocomplete="off"
            autocapitalize="none"
            spellcheck="false"
          />
        </div>
        <button class="primary" aria-disabled=${busy ? 'true' : 'false'}>${busy ? 'Verifying…' : 'Verify'}</button>
      </form>
      <div role="status" aria-live="polite">
        ${problem ? html`<p class="note danger">${problem.detail}</p>` : nothing}
        ${!problem && !busy && value ? this.verdict(value) : nothing}
      </div>
    </section>`;
  }

  private verdict({ good, rows, first_bad_seq, head, message }: AuditVerdict): TemplateResult {
    return html`<p class="note ${good ? 'ok' : 'danger'}">
        ${good
          ? html`<strong>The chain is whole.</strong> ${rows} ${rows === 1 ? 'entry' : 'entries'}, each as it was
              written.`
          : html`<strong>The chain is broken${first_bad_seq ? ` at entry ${first_bad_seq}` : ''}.</strong> ${message}`}
      </p>
      ${head
        ? html`<p class="label">The newest hash</p>
            <rh-copy .text=${head} what="the newest hash"></rh-copy>`
        : nothing}`;
  }

  private verify(event: Event): void {
    event.preventDefault();
    if (!this.audit.verdict.state.value.busy) void this.audit.verify(this.head_.value);
  }
}
