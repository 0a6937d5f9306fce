import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query } from 'lit/decorators.js';
import { session } from '../app.ts';
import { confirmation } from '../state/confirm.ts';
import { Follow } from './follow.ts';
import { openModal } from './open_modal.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { dialogs } from './styles/dialogs.ts';
import { surfaces } from './styles/surfaces.ts';

/** Asks for the password again, before a change of weight. Escape and Cancel leave everything as it was. */
@customElement('rh-password')
export class RhPassword extends LitElement {
  static override styles = [base, controls, surfaces, dialogs];

  @query('dialog') private readonly dialog_!: HTMLDialogElement;
  @query('#password') private readonly password_!: HTMLInputElement;

  constructor() {
    super();
    new Follow(this, confirmation.asked, session.state);
  }

  override render(): TemplateResult {
    const asked = confirmation.asked.value;
    const info = session.state.value.info;
    const back = encodeURIComponent(`${location.pathname}${location.search}`);
    return html`<dialog aria-labelledby="title" @cancel=${this.cancel} @close=${this.cancel}>
      ${asked
        ? html`<form @submit=${this.submit}>
            <h2 id="title">Is it still you?</h2>
            <p class="muted">This change needs your password again; it then holds for ten minutes.</p>
            <span class="unseen" aria-hidden="true"
              ><input tabindex="-1" autocomplete="username" .value=${info?.person?.name ?? ''}
            /></span>
            <div class="field">
              <label for="password">Password of ${info?.person?.name ?? 'your account'}</label>
              <input
                id="password"
                type="password"
                autocomplete="current-password"
                maxlength="256"
                required
                aria-invalid=${asked.problem ? 'true' : 'false'}
                aria-describedby="wrong"
              />
              <p class="wrong" id="wrong" role="alert" ?hidden=${!asked.problem}>${asked.problem?.detail}</p>
            </div>
            ${info?.oidc
              ? html`<p class="small">
                  No password here?
                  <a href="/api/v1/oidc/start?return=${back}">Sign in with ${info.oidc.title} again</a>, then make the
                  change.
                </p>`
              : nothing}
            <div class="actions">
              <button type="button" @click=${this.cancel}>Cancel</button>
              <button class="primary" aria-disabled=${asked.busy ? 'true' : 'false'}>
                ${asked.busy ? 'Checking…' : 'Go on'}
              </button>
            </div>
          </form>`
        : nothing}
    </dialog>`;
  }

  protected override updated(): void {
    const asked = confirmation.asked.value;
    if (asked && !this.dialog_.open) {
      openModal(this.dialog_);
      this.password_.focus();
    } else if (!asked && this.dialog_.open) {
      this.dialog_.close();
    } else if (asked?.problem) {
      this.password_.select();
    }
  }

  private submit(event: Event): void {
    event.preventDefault();
    void confirmation.answer(this.password_.value);
  }

  private cancel(event: Event): void {
    event.preventDefault();
    if (confirmation.asked.value) confirmation.cancel();
  }
}
