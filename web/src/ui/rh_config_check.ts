import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { ConfigChange, ConfigCheck, ConfigFault } from '../protocol_upkeep.ts';
import { placeIn, valueText, type ConfigStore } from '../state/config.ts';
import { configFaults } from './config_faults.ts';
import { Follow } from './follow.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

/** A body of a request may hold one mebibyte; a configuration is a few pages. */
const most_bytes = 512 * 1024;

/** Says what a pasted or chosen file would change, and what is wrong with it. Nothing is changed by it. */
@customElement('rh-config-check')
export class RhConfigCheck extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    tables,
    configFaults.styles,
    css`
      details.card {
        padding: 0 1.25rem;
      }
      summary {
        padding: 1rem 0;
        font-weight: 650;
        cursor: pointer;
      }
      .inside {
        display: grid;
        gap: 0.875rem;
        padding-bottom: 1.25rem;
      }
      textarea {
        min-height: 14rem;
        font: 0.875rem/1.5 var(--rh-mono);
        resize: vertical;
        white-space: pre;
        overflow: auto;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 0.625rem;
      }
      .table {
        border: 1px solid var(--rh-line);
        border-radius: var(--rh-radius-small);
      }
      @media (max-width: 44rem) {
        textarea {
          font-size: 1rem;
        }
      }
    `,
  ];

  @property({ attribute: false }) config!: ConfigStore;
  @state() private text_ = '';
  /** What was checked last; what is said of it holds for no other text. */
  @state() private checked_ = '';
  @state() private refused_ = '';
  @query('textarea') private readonly area_!: HTMLTextAreaElement;
  @query('input[type=file]') private readonly file_!: HTMLInputElement;
  private following_: ConfigStore | null = null;

  protected override willUpdate(): void {
    if (this.following_ === this.config) return;
    this.following_ = this.config;
    new Follow(this, this.config.checked.state);
  }

  override render(): TemplateResult {
    const { value, problem, busy } = this.config.checked.state.value;
    const off = busy || this.text_.trim() === '';
    const same = !busy && this.text_ === this.checked_;
    return html`<details class="card">
      <summary>Check a new configuration</summary>
      <form class="inside" @submit=${this.check}>
        <div class="field">
          <label for="text">Text of the file</label>
          <textarea
            id="text"
            spellcheck="false"
            autocapitalize="none"
            autocomplete="off"
            aria-describedby="hint"
            .value=${this.text_}
            @input=${(event: Event) => (this.text_ = (event.target as HTMLTextAreaElement).value)}
          ></textarea>
          <p class="hint" id="hint">It is compared with what runs now. Nothing is changed.</p>
        </div>
        <div class="actions">
          <button class="primary" aria-disabled=${off ? 'true' : 'false'}>${busy ? 'Checking…' : 'Check'}</button>
          <button type="button" @click=${() => this.file_.click()}>Choose a file…</button>
          <input type="file" accept=".yaml,.yml,text/plain" hidden @change=${this.read} />
        </div>
        <div role="status" aria-live="polite">
          ${this.refused_ ? html`<p class="note danger">${this.refused_}</p>` : nothing}
          ${problem && same ? html`<p class="note danger">${problem.detail}</p>` : nothing}
          ${value && same && !problem && !this.refused_ ? this.verdict(value) : nothing}
        </div>
      </form>
    </details>`;
  }

  private verdict({ ok, errors, changes }: ConfigCheck): TemplateResult {
    return html`
      ${ok
        ? html`<p class="note ok">
            <strong>The hub would take it.</strong>
            ${changes.length === 0 ? 'It changes nothing.' : nothing}
          </p>`
        : html`<div class="note danger">
            <strong>The hub would refuse it${errors.length > 1 ? `, for ${errors.length} faults` : ''}.</strong>
            ${configFaults.list(errors, (fault) => this.show(fault))}
          </div>`}
      ${changes.length > 0 ? this.changes(changes) : nothing}
    `;
  }

  private changes(changes: ConfigChange[]): TemplateResult {
    return html`<div class="table">
      <table role="table" aria-label="What would change">
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">Setting</th>
            <th role="columnheader" scope="col">Now</th>
            <th role="columnheader" scope="col">Then</th>
            <th role="columnheader" scope="col"><span class="unseen">Marks</span></th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${changes.map(
            ({ path, from, to, restart }) =>
              html`<tr role="row">
                <td role="cell" class="main"><code>${path}</code></td>
                <td role="cell" data-label="Now"><code>${valueText(from)}</code></td>
                <td role="cell" data-label="Then"><code>${valueText(to)}</code></td>
                <td role="cell">${restart ? html`<span class="badge warn plain">Needs a restart</span>` : nothing}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }

  private check(event: Event): void {
    event.preventDefault();
    if (this.text_.trim() === '' || this.config.checked.state.value.busy) return;
    this.refused_ = '';
    this.checked_ = this.text_;
    void this.config.check(this.text_);
  }

  private async read(): Promise<void> {
    const file = this.file_.files?.[0];
    this.file_.value = '';
    if (!file) return;
    this.refused_ = file.size > most_bytes ? `${file.name} is too large to be a configuration.` : '';
    if (this.refused_) return;
    this.text_ = await file.text();
    this.checked_ = this.text_;
    await this.config.check(this.text_);
  }

  /** Puts the cursor where the fault is. */
  private show(fault: ConfigFault): void {
    const place = placeIn(this.text_, fault.where);
    if (place === null) return;
    const end = this.text_.indexOf('\n', place);
    this.area_.focus();
    this.area_.setSelectionRange(place, end < 0 ? this.text_.length : end);
    const lines = this.text_.split('\n').length;
    const line = this.text_.slice(0, place).split('\n').length;
    this.area_.scrollTop = (this.area_.scrollHeight * Math.max(0, line - 3)) / lines;
  }
}
