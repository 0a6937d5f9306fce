import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { questions } from '../app.ts';
import { Follow } from './follow.ts';
import { openModal } from './open_modal.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { dialogs } from './styles/dialogs.ts';

/** The question before what cannot be undone. Escape and Cancel mean no. */
@customElement('rh-confirm')
export class RhConfirm extends LitElement {
  static override styles = [
    base,
    controls,
    dialogs,
    css`
      #text {
        display: grid;
        gap: 0.75rem;
      }
    `,
  ];

  @state() private typed_ = '';
  @query('dialog') private readonly dialog_!: HTMLDialogElement;

  constructor() {
    super();
    new Follow(this, questions.asked);
  }

  override render(): TemplateResult {
    const question = questions.asked.value;
    return html`<dialog aria-labelledby="title" aria-describedby="text" @cancel=${this.no} @close=${this.no}>
      ${question
        ? html`<form @submit=${this.yes}>
            <h2 id="title">${question.title}</h2>
            <div id="text">${question.text.map((line) => html`<p>${line}</p>`)}</div>
            ${question.typed
              ? html`<div class="field">
                  <label for="typed">Type <code>${question.typed}</code> to go on</label>
                  <input
                    id="typed"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    .value=${this.typed_}
                    @input=${this.type}
                  />
                </div>`
              : nothing}
            <div class="actions">
              <button type="button" class="no" @click=${this.no}>Cancel</button>
              <button class=${question.danger ? 'danger' : 'primary'} ?disabled=${!this.ready()}>
                ${question.yes}
              </button>
            </div>
          </form>`
        : nothing}
    </dialog>`;
  }

  protected override updated(): void {
    const question = questions.asked.value;
    if (question && !this.dialog_.open) {
      this.typed_ = '';
      openModal(this.dialog_);
      const first = question.typed ? '#typed' : question.danger ? '.no' : 'button:not(.no)';
      this.dialog_.querySelector<HTMLElement>(first)?.focus();
    } else if (!question && this.dialog_.open) {
      this.dialog_.close();
    }
  }

  private ready(): boolean {
    const typed = questions.asked.value?.typed;
    return typed === undefined || this.typed_.trim() === typed;
  }

  private type(event: Event): void {
    this.typed_ = (event.target as HTMLInputElement).value;
  }

  private yes(event: Event): void {
    event.preventDefault();
    if (this.ready()) questions.answer(true);
  }

  private no(event: Event): void {
    event.preventDefault();
    if (questions.asked.value) questions.answer(false);
  }
}
