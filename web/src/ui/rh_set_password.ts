import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { asProblem, type Problem } from '../net/http.ts';
import type { MadePassword, OneUser } from '../state/users.ts';
import { passwordHint } from '../text/passwords.ts';
import { HeldDialog } from './held_dialog.ts';
import { openModal } from './open_modal.ts';
import './rh_copy.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { dialogs } from './styles/dialogs.ts';
import { surfaces } from './styles/surfaces.ts';

/** A new password for somebody else: made by the hub and shown once, or chosen. Ends their sessions. */
@customElement('rh-set-password')
export class RhSetPassword extends LitElement {
  static override styles = [base, controls, surfaces, dialogs];

  @property({ attribute: false }) one!: OneUser;
  @state() private shown_ = false;
  @state() private busy_ = false;
  @state() private problem_: Problem | null = null;
  @state() private password_ = '';
  @state() private made_: { password: MadePassword } | null = null;
  @query('dialog') private readonly dialog_!: HTMLDialogElement;
  private readonly hold_ = new HeldDialog(
    () => this.busy_ || !!this.made_?.password,
    () => {
      this.shown_ = false;
      this.made_ = null;
    },
  );

  open(): void {
    this.shown_ = true;
    this.made_ = null;
    this.problem_ = null;
    this.password_ = '';
    void this.updateComplete.then(() => openModal(this.dialog_));
  }

  override render(): TemplateResult {
    return html`<dialog
      aria-labelledby="title"
      @keydown=${this.hold_.key}
      @cancel=${this.hold_.cancel}
      @close=${this.hold_.close}
    >
      ${!this.shown_ ? nothing : this.made_ ? this.done(this.made_.password) : this.form()}
    </dialog>`;
  }

  private form(): TemplateResult {
    const { username } = this.one;
    return html`<form @submit=${this.submit} autocomplete="off">
      <h2 id="title">A new password for ${username}</h2>
      <p>${username} is signed out everywhere and signs in with the new one.</p>
      <div class="field">
        <label for="password">Password</label>
        <input
          id="password"
          type="password"
          autocomplete="new-password"
          maxlength="256"
          placeholder="Left empty, the hub makes one"
          aria-invalid=${this.problem_ ? 'true' : 'false'}
          aria-describedby="wrong hint"
          .value=${this.password_}
          @input=${(event: Event) => (this.password_ = (event.target as HTMLInputElement).value)}
        />
        <p class="wrong" id="wrong" role="alert" ?hidden=${!this.problem_}>${this.problem_?.detail}</p>
        <p class="hint" id="hint">
          ${this.password_
            ? passwordHint(this.password_).text
            : 'One that the hub makes is shown once, for you to hand on.'}
        </p>
      </div>
      <div class="actions">
        <button type="button" ?disabled=${this.busy_} @click=${() => this.dialog_.close()}>Cancel</button>
        <button class="primary" aria-disabled=${this.busy_ ? 'true' : 'false'}>
          ${this.busy_ ? 'Setting…' : this.password_ ? 'Set it' : 'Make one'}
        </button>
      </div>
    </form>`;
  }

  private done(password: MadePassword): TemplateResult {
    return html`<div class="inside">
      <h2 id="title" tabindex="-1">The new password is set</h2>
      ${password
        ? html`<p>Hand it on to ${this.one.username}. It is shown only now; the hub keeps no copy of it.</p>
            <rh-copy .text=${password} what="the password"></rh-copy>`
        : html`<p>${this.one.username} signs in with the one that you chose.</p>`}
      <div class="actions"><button class="primary" @click=${this.leave}>Done</button></div>
    </div>`;
  }

  private leave(): void {
    this.hold_.letGo(this.dialog_);
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy_) return;
    this.busy_ = true;
    this.problem_ = null;
    try {
      this.made_ = { password: await this.one.setPassword(this.password_) };
      await this.updateComplete;
      this.renderRoot.querySelector<HTMLElement>('#title')?.focus();
    } catch (error) {
      this.problem_ = asProblem(error);
    }
    this.busy_ = false;
  }
}
