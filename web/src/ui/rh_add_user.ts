import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { asProblem, type Problem } from '../net/http.ts';
import { roles, type AccountRole } from '../protocol_people.ts';
import { adminPath } from '../router.ts';
import type { MadePassword, Users } from '../state/users.ts';
import { passwordHint } from '../text/passwords.ts';
import { role_texts } from '../text/rights.ts';
import { HeldDialog } from './held_dialog.ts';
import { openModal } from './open_modal.ts';
import './rh_copy.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { dialogs } from './styles/dialogs.ts';
import { surfaces } from './styles/surfaces.ts';

/** Makes an account; a password that the hub made is shown here, this once. */
@customElement('rh-add-user')
export class RhAddUser extends LitElement {
  static override styles = [base, controls, surfaces, dialogs];

  @property({ attribute: false }) users!: Users;
  @state() private shown_ = false;
  @state() private busy_ = false;
  @state() private problem_: Problem | null = null;
  @state() private role_: AccountRole = 'player';
  @state() private own_password_ = false;
  @state() private password_ = '';
  @state() private made_: { username: string; password: MadePassword } | null = null;
  @query('dialog') private readonly dialog_!: HTMLDialogElement;
  @query('#username') private readonly username_!: HTMLInputElement;
  private readonly hold_ = new HeldDialog(
    () => this.busy_ || !!this.made_?.password,
    () => {
      this.shown_ = false;
      this.made_ = null;
    },
  );

  open(): void {
    this.shown_ = true;
    this.problem_ = null;
    this.made_ = null;
    this.role_ = 'player';
    this.own_password_ = false;
    this.password_ = '';
    void this.updateComplete.then(() => {
      openModal(this.dialog_);
      this.username_.focus();
    });
  }

  override render(): TemplateResult {
    return html`<dialog
      aria-labelledby="title"
      @keydown=${this.hold_.key}
      @cancel=${this.hold_.cancel}
      @close=${this.hold_.close}
    >
      ${!this.shown_ ? nothing : this.made_ ? this.done(this.made_.username, this.made_.password) : this.form()}
    </dialog>`;
  }

  private form(): TemplateResult {
    const wrong = (name: string): string => (this.problem_?.pointer === `/${name}` ? this.problem_.detail : '');
    const elsewhere = this.problem_ && !wrong('username') && !wrong('password');
    const hint = passwordHint(this.password_);
    return html`<form @submit=${this.submit} autocomplete="off">
      <h2 id="title">Add a person</h2>
      ${elsewhere ? html`<p class="note danger" role="alert">${this.problem_?.detail}</p>` : nothing}
      <div class="field">
        <label for="username">User name</label>
        <input
          id="username"
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
          maxlength="32"
          required
          aria-invalid=${wrong('username') ? 'true' : 'false'}
          aria-describedby="username-wrong username-hint"
        />
        <p class="wrong" id="username-wrong" role="alert" ?hidden=${!wrong('username')}>${wrong('username')}</p>
        <p class="hint" id="username-hint">2 to 32 of a–z, 0–9, dot, underscore and dash. Others see it.</p>
      </div>
      <div class="field">
        <label for="role">Role</label>
        <select
          id="role"
          aria-describedby="role-hint"
          @change=${(event: Event) => (this.role_ = (event.target as HTMLSelectElement).value as AccountRole)}
        >
          ${roles.map(
            (role) => html`<option value=${role} ?selected=${role === this.role_}>${role_texts[role].title}</option>`,
          )}
        </select>
        <p class="hint" id="role-hint">
          ${role_texts[this.role_].may}.${this.role_ === 'member' ? ' Give some on the next page.' : ''}
        </p>
      </div>
      ${this.own_password_
        ? html`<div class="field">
            <label for="password">Password</label>
            <input
              id="password"
              type="password"
              autocomplete="new-password"
              maxlength="256"
              required
              aria-invalid=${wrong('password') ? 'true' : 'false'}
              aria-describedby="password-wrong password-hint"
              .value=${this.password_}
              @input=${(event: Event) => (this.password_ = (event.target as HTMLInputElement).value)}
            />
            <p class="wrong" id="password-wrong" role="alert" ?hidden=${!wrong('password')}>${wrong('password')}</p>
            <p class="hint" id="password-hint">${hint.text}</p>
          </div>`
        : html`<p class="small muted">The hub makes a password and shows it once, for you to hand on.</p>
            <div><button type="button" class="slim" @click=${this.chooseOwn}>Choose one myself</button></div>`}
      <div class="actions">
        <button type="button" ?disabled=${this.busy_} @click=${() => this.dialog_.close()}>Cancel</button>
        <button class="primary" aria-disabled=${this.busy_ ? 'true' : 'false'}>
          ${this.busy_ ? 'Adding…' : 'Add'}
        </button>
      </div>
    </form>`;
  }

  private done(username: string, password: MadePassword): TemplateResult {
    return html`<div class="inside">
      <h2 id="title" tabindex="-1">${username} can sign in now</h2>
      ${password
        ? html`<p>Hand on this password. It is shown only now; the hub keeps no copy of it.</p>
            <rh-copy .text=${password} what="the password"></rh-copy>`
        : html`<p>With the password that you chose.</p>`}
      <div class="actions">
        <a class="button" href=${adminPath('users', username)} @click=${this.leave}>Grants and more</a>
        <button class="primary" @click=${this.leave}>Done</button>
      </div>
    </div>`;
  }

  private chooseOwn(): void {
    this.own_password_ = true;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('#password')?.focus());
  }

  private leave(): void {
    this.hold_.letGo(this.dialog_);
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy_) return;
    this.busy_ = true;
    this.problem_ = null;
    const username = this.username_.value.trim();
    try {
      const password = await this.users.add(username, this.role_, this.own_password_ ? this.password_ : '');
      this.made_ = { username, password };
      this.password_ = '';
      await this.updateComplete;
      this.renderRoot.querySelector<HTMLElement>('#title')?.focus();
    } catch (error) {
      this.problem_ = asProblem(error);
    }
    this.busy_ = false;
  }
}
