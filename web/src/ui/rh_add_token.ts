import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { asProblem, type Problem } from '../net/http.ts';
import type { Permission, Scope } from '../protocol_people.ts';
import { curlExample, type Tokens } from '../state/tokens.ts';
import { permission_texts, scopeText } from '../text/rights.ts';
import { HeldDialog } from './held_dialog.ts';
import { icons } from './icons.ts';
import { openModal } from './open_modal.ts';
import './rh_copy.ts';
import './rh_scope_picker.ts';
import type { RhScopePicker } from './rh_scope_picker.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { dialogs } from './styles/dialogs.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

/** Makes an API token: what it may, where, for how long; then shows it, this once. */
@customElement('rh-add-token')
export class RhAddToken extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    tables,
    dialogs,
    css`
      fieldset {
        display: grid;
        gap: 0.5rem;
        min-width: 0;
        margin: 0;
        padding: 0;
        border: 0;
      }
      legend {
        padding: 0 0 0.375rem;
        font-size: 0.875rem;
        font-weight: 600;
      }
      .check {
        display: flex;
        align-items: center;
        gap: 0.625rem;
        min-height: 2rem;
        font-size: 0.9375rem;
        font-weight: 400;
      }
      .check input {
        flex: none;
        width: 1.25rem;
        height: 1.25rem;
        accent-color: var(--rh-accent);
      }
      .chip button {
        min-height: 1.75rem;
        padding: 0 0.25rem;
        margin-right: -0.375rem;
      }
      .chip svg {
        width: 0.875rem;
        height: 0.875rem;
      }
      .days {
        max-width: 10rem;
      }
    `,
  ];

  @property({ attribute: false }) tokens!: Tokens;
  @property({ attribute: false }) most: readonly Permission[] = [];
  @state() private shown_ = false;
  @state() private busy_ = false;
  @state() private problem_: Problem | null = null;
  @state() private chosen_: ReadonlySet<Permission> = new Set();
  @state() private scopes_: readonly Scope[] = [];
  @state() private secret_ = '';
  @query('dialog') private readonly dialog_!: HTMLDialogElement;
  @query('#name') private readonly name_!: HTMLInputElement;
  @query('#days') private readonly days_!: HTMLInputElement;
  @query('rh-scope-picker') private readonly picker_!: RhScopePicker;
  private readonly hold_ = new HeldDialog(
    () => this.busy_ || this.secret_ !== '',
    () => this.closed(),
  );

  open(): void {
    this.shown_ = true;
    this.secret_ = '';
    this.problem_ = null;
    this.scopes_ = [];
    this.chosen_ = new Set(this.most.includes('watch') ? ['watch'] : []);
    void this.updateComplete.then(() => {
      openModal(this.dialog_);
      this.name_.focus();
    });
  }

  override render(): TemplateResult {
    return html`<dialog
      class="wide"
      aria-labelledby="title"
      @keydown=${this.hold_.key}
      @cancel=${this.hold_.cancel}
      @close=${this.hold_.close}
    >
      ${!this.shown_ ? nothing : this.secret_ ? this.done() : this.form()}
    </dialog>`;
  }

  private form(): TemplateResult {
    return html`<form @submit=${this.submit}>
      <h2 id="title">A new API token</h2>
      ${this.problem_ ? html`<p class="note danger" role="alert">${this.problem_.detail}</p>` : nothing}
      <div class="field">
        <label for="name">Name</label>
        <input
          id="name"
          maxlength="64"
          autocomplete="off"
          required
          placeholder="What uses it, such as “night camera”"
        />
      </div>
      <fieldset>
        <legend>It may</legend>
        ${this.most.map(
          (permission) =>
            html`<label class="check">
              <input
                type="checkbox"
                .checked=${this.chosen_.has(permission)}
                @change=${() => this.toggle(permission)}
              /><span
                ><strong>${permission_texts[permission].title}</strong> – ${permission_texts[permission].may}</span
              >
            </label>`,
        )}
        ${this.most.length === 0
          ? html`<p class="muted small">Your account has no rights that it could hand on.</p>`
          : nothing}
      </fieldset>
      <fieldset>
        <legend>Where</legend>
        <div class="chips">
          ${this.scopes_.length === 0 ? html`<span class="chip">Wherever you may</span>` : nothing}
          ${this.scopes_.map(
            (scope) =>
              html`<span class="chip"
                >${scopeText(scope)}<button
                  type="button"
                  class="quiet"
                  aria-label="Not ${scopeText(scope)}"
                  @click=${() => (this.scopes_ = this.scopes_.filter((other) => other !== scope))}
                >
                  ${icons.close}
                </button></span
              >`,
          )}
        </div>
        <rh-scope-picker></rh-scope-picker>
        <div><button type="button" class="slim" @click=${this.narrow}>Only there</button></div>
      </fieldset>
      <div class="field days">
        <label for="days">Expires after days</label>
        <input
          id="days"
          type="number"
          inputmode="numeric"
          min="1"
          max="366"
          .value=${'90'}
          required
          aria-describedby="days-hint"
        />
        <p class="hint" id="days-hint">1 to 366.</p>
      </div>
      <div class="actions">
        <button type="button" ?disabled=${this.busy_} @click=${() => this.dialog_.close()}>Cancel</button>
        <button class="primary" ?disabled=${this.chosen_.size === 0} aria-disabled=${this.busy_ ? 'true' : 'false'}>
          ${this.busy_ ? 'Making…' : 'Make it'}
        </button>
      </div>
    </form>`;
  }

  private done(): TemplateResult {
    return html`<div class="inside">
      <h2 id="title" tabindex="-1">Your token</h2>
      <p class="note warn">It is shown only now. Whoever has it may what it may: keep it as you keep a password.</p>
      <rh-copy .text=${this.secret_} what="the token"></rh-copy>
      <p>Try it:</p>
      <rh-copy .text=${curlExample(this.secret_, location.origin)} what="the example"></rh-copy>
      <div class="actions">
        <button class="primary" @click=${() => this.hold_.letGo(this.dialog_)}>I have it</button>
      </div>
    </div>`;
  }

  private toggle(permission: Permission): void {
    const chosen = new Set(this.chosen_);
    if (!chosen.delete(permission)) chosen.add(permission);
    this.chosen_ = chosen;
  }

  private narrow(): void {
    const scope = this.picker_.scope;
    if (!scope) {
      this.picker_.focus();
      return;
    }
    if (!this.scopes_.some(({ kind, value }) => kind === scope.kind && value === scope.value)) {
      this.scopes_ = [...this.scopes_, scope];
    }
    this.picker_.clear();
  }

  private closed(): void {
    this.shown_ = false;
    this.secret_ = '';
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy_ || this.chosen_.size === 0) return;
    // What stands in the fields but was not added yet is meant.
    if (this.picker_.scope) this.narrow();
    this.busy_ = true;
    this.problem_ = null;
    try {
      this.secret_ = await this.tokens.add({
        name: this.name_.value.trim(),
        permissions: this.most.filter((permission) => this.chosen_.has(permission)),
        scopes: [...this.scopes_],
        expires_in_days: this.days_.valueAsNumber,
      });
      await this.updateComplete;
      this.renderRoot.querySelector<HTMLElement>('#title')?.focus();
    } catch (error) {
      this.problem_ = asProblem(error);
    }
    this.busy_ = false;
  }
}
