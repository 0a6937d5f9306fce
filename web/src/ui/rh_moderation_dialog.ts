import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { asProblem } from '../net/http.ts';
import { ban_lengths } from '../state/bans.ts';
import { openModal } from './open_modal.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { dialogs } from './styles/dialogs.ts';
import { surfaces } from './styles/surfaces.ts';

export interface ModerationOrder {
  title: string;
  text: string;
  /** What the button says. */
  yes: string;
  /** Hints at a reason: "cleaning the lens". */
  example: string;
  /** Asks also for how long. */
  timed: boolean;
  danger: boolean;
  /** Does it; the dialog stays open with the sentence when it throws. `for_ms` is 0 when it is not timed. */
  act: (reason: string, for_ms: number) => Promise<void>;
}

/** Asks a moderator for a reason, and for how long. */
@customElement('rh-moderation-dialog')
export class RhModerationDialog extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    dialogs,
    css`
      fieldset {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
        margin: 0;
        padding: 0;
        border: 0;
      }
      legend {
        margin-bottom: 0.25rem;
        padding: 0;
      }
      .choice {
        display: inline-flex;
        align-items: center;
        gap: 0.5rem;
        min-height: 2.75rem;
        padding: 0.25rem 0.875rem;
        border: 1px solid var(--rh-outline);
        border-radius: var(--rh-radius-small);
        font-weight: 500;
        cursor: pointer;
      }
      .choice:has(:checked) {
        border-color: var(--rh-accent);
        background: var(--rh-accent-soft);
        color: var(--rh-accent-text);
      }
      .choice input {
        accent-color: var(--rh-accent);
      }
    `,
  ];

  @state() private order_: ModerationOrder | null = null;
  @state() private for_ms_: number = ban_lengths[0].for_ms;
  @state() private busy_ = false;
  @state() private wrong_ = '';
  @query('dialog') private readonly dialog_!: HTMLDialogElement;
  @query('#reason') private readonly reason_!: HTMLInputElement;

  open(order: ModerationOrder): void {
    this.order_ = order;
    this.for_ms_ = ban_lengths[0].for_ms;
    this.busy_ = false;
    this.wrong_ = '';
    void this.updateComplete.then(() => {
      openModal(this.dialog_);
      this.reason_.focus();
    });
  }

  override render(): TemplateResult {
    return html`<dialog aria-labelledby="title" @close=${() => (this.order_ = null)}>
      ${this.order_ ? this.form(this.order_) : nothing}
    </dialog>`;
  }

  private form(order: ModerationOrder): TemplateResult {
    return html`<form @submit=${this.submit}>
      <h2 id="title">${order.title}</h2>
      <p>${order.text}</p>
      ${order.timed
        ? html`<fieldset>
            <legend class="label">For</legend>
            ${ban_lengths.map(
              ({ for_ms, text }) =>
                html`<label class="choice">
                  <input
                    type="radio"
                    name="length"
                    .checked=${for_ms === this.for_ms_}
                    @change=${() => (this.for_ms_ = for_ms)}
                  />${text}
                </label>`,
            )}
          </fieldset>`
        : nothing}
      <div class="field">
        <label for="reason">Reason <span class="hint">(may stay empty)</span></label>
        <input id="reason" maxlength="120" autocomplete="off" placeholder=${order.example} />
      </div>
      <p class="wrong" role="alert" ?hidden=${!this.wrong_}>${this.wrong_}</p>
      <div class="actions">
        <button type="button" @click=${() => this.dialog_.close()}>Cancel</button>
        <button class=${order.danger ? 'danger' : 'primary'} aria-disabled=${this.busy_ ? 'true' : 'false'}>
          ${order.yes}
        </button>
      </div>
    </form>`;
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const order = this.order_;
    if (!order || this.busy_) return;
    this.busy_ = true;
    this.wrong_ = '';
    try {
      await order.act(this.reason_.value.trim(), order.timed ? this.for_ms_ : 0);
      this.dialog_.close();
    } catch (error) {
      this.wrong_ = asProblem(error).detail;
    }
    this.busy_ = false;
  }
}
