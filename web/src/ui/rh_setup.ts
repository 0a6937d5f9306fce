import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { router, session } from '../app.ts';
import { asProblem, type Problem } from '../net/http.ts';
import { passwordHint } from '../text/passwords.ts';
import { Follow } from './follow.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { forms } from './styles/forms.ts';
import { surfaces } from './styles/surfaces.ts';

/** Makes the hub's first administrator with the one-time code from its machine. */
@customElement('rh-setup')
export class RhSetup extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    forms,
    css`
      code {
        font: 0.8125rem/1.5 var(--rh-mono);
        color: var(--rh-muted);
        overflow-wrap: anywhere;
      }
    `,
  ];

  @state() private busy_ = false;
  @state() private password_now_ = '';
  @state() private problem_: Problem | null = null;
  @query('#code') private readonly code_!: HTMLInputElement;
  @query('#username') private readonly username_!: HTMLInputElement;
  @query('#password') private readonly password_!: HTMLInputElement;

  constructor() {
    super();
    new Follow(this, session.state);
  }

  override render(): TemplateResult {
    if (session.state.value.info?.setup_needed === false) {
      return html`<div class="sheet">
        <div class="intro">
          <h1>This hub is set up</h1>
          <p class="muted">It has an administrator already.</p>
          <a class="button primary" href="/">All devices</a>
        </div>
      </div>`;
    }
    return html`<div class="sheet">
      <div class="intro">
        <h1>Set up this hub</h1>
        <p class="muted">
          A one-time code makes you the administrator. The hub prints it at its first start. On the hub’s machine this
          prints it at any time, as root or the hub’s user (FILE is the hub’s settings file):
        </p>
        <code>robohub setup-code --config FILE</code>
      </div>
      <form class="card" @submit=${this.setUp}>
        ${this.problem_ && !this.at('/')
          ? html`<p class="note danger" role="alert">${this.problem_.detail}</p>`
          : nothing}
        ${this.field('code', 'One-time code', 'off')} ${this.field('username', 'User name', 'username')}
        ${this.field('password', 'Password', 'new-password', passwordHint(this.password_now_).text)}
        <button class="primary" aria-disabled=${this.busy_ ? 'true' : 'false'}>
          ${this.busy_ ? 'Setting up…' : 'Make me the administrator'}
        </button>
      </form>
    </div>`;
  }

  private field(
    name: 'code' | 'username' | 'password',
    label: string,
    autocomplete: 'off' | 'username' | 'new-password',
    hint = '',
  ): TemplateResult {
    const wrong = this.at(`/${name}`);
    return html`<div class="field">
      <label for=${name}>${label}</label>
      <input
        id=${name}
        name=${name}
        type=${name === 'password' ? 'password' : 'text'}
        autocomplete=${autocomplete}
        autocapitalize="none"
        spellcheck="false"
        maxlength="256"
        required
        aria-invalid=${wrong ? 'true' : 'false'}
        aria-describedby="${name}-wrong ${name}-hint"
        @input=${(event: Event) => {
          if (name === 'password') this.password_now_ = (event.target as HTMLInputElement).value;
        }}
      />
      <p class="wrong" id="${name}-wrong" ?hidden=${!wrong} role="alert">${wrong}</p>
      <p class="hint" id="${name}-hint" ?hidden=${!hint}>${hint}</p>
    </div>`;
  }

  /** The hub's sentence when it complains about this member. */
  private at(pointer: string): string {
    const problem = this.problem_;
    if (!problem?.pointer) return '';
    return pointer === '/' || problem.pointer === pointer ? problem.detail : '';
  }

  private async setUp(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy_) return;
    this.busy_ = true;
    this.problem_ = null;
    try {
      await session.setUp(this.code_.value.trim(), this.username_.value.trim(), this.password_.value);
      router.go('/');
    } catch (error) {
      this.problem_ = asProblem(error);
    }
    this.busy_ = false;
  }
}
