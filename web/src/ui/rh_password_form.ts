import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { session, toasts } from '../app.ts';
import { asProblem, type Problem } from '../net/http.ts';
import type { Account } from '../state/account.ts';
import { passwordHint } from '../text/passwords.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

/** Changes my own password. */
@customElement('rh-password-form')
export class RhPasswordForm extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    tables,
    css`
      form {
        display: grid;
        gap: 0.875rem;
        max-width: 24rem;
      }
    `,
  ];

  @property({ attribute: false }) account!: Account;
  @state() private busy_ = false;
  @state() private problem_: Problem | null = null;
  @state() private next_ = '';
  @query('form') private readonly form_!: HTMLFormElement;
  @query('#current') private readonly current_!: HTMLInputElement;

  override render(): TemplateResult {
    const wrong = (name: string): string => (this.problem_?.pointer === `/${name}` ? this.problem_.detail : '');
    const elsewhere = this.problem_ && !wrong('current') && !wrong('password');
    return html`<section class="card part" aria-labelledby="title">
      <h2 id="title">Password</h2>
      <form @submit=${this.submit}>
        ${elsewhere ? html`<p class="note danger" role="alert">${this.problem_?.detail}</p>` : nothing}
        <span class="unseen" aria-hidden="true"
          ><input tabindex="-1" autocomplete="username" .value=${session.state.value.info?.person?.name ?? ''}
        /></span>
        ${this.field('current', 'Present password', 'current-password', wrong('current'), '')}
        ${this.field('password', 'New password', 'new-password', wrong('password'), passwordHint(this.next_).text)}
        <div>
          <button aria-disabled=${this.busy_ ? 'true' : 'false'}>${this.busy_ ? 'Changing…' : 'Change it'}</button>
        </div>
      </form>
    </section>`;
  }

  private field(
    id: string,
    label: string,
    autocomplete: 'current-password' | 'new-password',
    wrong: string,
    hint: string,
  ): TemplateResult {
    return html`<div class="field">
      <label for=${id}>${label}</label>
      <input
        id=${id}
        type="password"
        autocomplete=${autocomplete}
        maxlength="256"
        required
        aria-invalid=${wrong ? 'true' : 'false'}
        aria-describedby="${id}-wrong ${id}-hint"
        @input=${(event: Event) => {
          if (id === 'password') this.next_ = (event.target as HTMLInputElement).value;
        }}
      />
      <p class="wrong" id="${id}-wrong" role="alert" ?hidden=${!wrong}>${wrong}</p>
      <p class="hint" id="${id}-hint" ?hidden=${!hint}>${hint}</p>
    </div>`;
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy_) return;
    this.busy_ = true;
    this.problem_ = null;
    try {
      await this.account.changePassword(this.current_.value, this.next_);
      this.form_.reset();
      this.next_ = '';
      toasts.say('Your password is changed. You are signed out everywhere else.');
    } catch (error) {
      this.problem_ = asProblem(error);
    }
    this.busy_ = false;
  }
}
