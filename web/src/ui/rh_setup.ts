import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { router, session } from '../app.ts';
import { asProblem, type Problem } from '../net/http.ts';
import { Follow } from './follow.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { forms } from './styles/forms.ts';
import { surfaces } from './styles/surfaces.ts';

/** Makes the hub's first administrator with the one-time code from its console. */
@customElement('rh-setup')
export class RhSetup extends LitElement {
  static override styles = [base, controls, surfaces, forms];

  @state() private busy_ = false;
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
        <p class="muted">The console that started the hub shows a one-time code. It makes you the administrator.</p>
      </div>
      <form class="card" @submit=${this.setUp}>
        ${this.problem_ && !this.at('/')
          ? html`<p class="note danger" role="alert">${this.problem_.detail}</p>`
          : nothing}
        ${this.field('code', 'One-time code', 'off')} ${this.field('username', 'User name', 'username')}
        ${this.field('password', 'Password', 'new-password', 'A long sentence is easier to keep than a short riddle.')}
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
