import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { router, session } from '../app.ts';
import { asProblem, type Problem } from '../net/http.ts';
import { returnPath } from '../router.ts';
import { Follow } from './follow.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { forms } from './styles/forms.ts';
import { surfaces } from './styles/surfaces.ts';

/** Why a sign-in elsewhere led back here (`?problem=` of the address): sentences of ours, never text of the address. */
const ledBack: Record<string, string> = {
  oidc_refused: 'That sign-in was not finished. Try it again; it must be done in one browser, within ten minutes.',
  oidc_unknown: 'You signed in there, but have no account on this hub. Ask its administrator for one.',
  oidc_unavailable:
    'The sign-in service does not answer now. Try again in a while; the administrator finds why in the log.',
};

/** Sign in with an account. */
@customElement('rh-sign-in')
export class RhSignIn extends LitElement {
  static override styles = [base, controls, surfaces, forms];

  @property({ type: Boolean }) ended = false;
  @state() private busy_ = false;
  @state() private problem_: Problem | null = null;
  @query('#username') private readonly username_!: HTMLInputElement;
  @query('#password') private readonly password_!: HTMLInputElement;

  constructor() {
    super();
    new Follow(this, session.state);
  }

  override render(): TemplateResult {
    const info = session.state.value.info;
    const back = encodeURIComponent(this.wayBack());
    return html`<div class="sheet">
      <div class="intro">
        <h1>Sign in</h1>
        <p class="muted">With the account that this hub's administrator made for you.</p>
      </div>
      ${this.ledBack() ? html`<p class="note danger" role="alert">${this.ledBack()}</p>` : nothing}
      ${this.ended ? html`<p class="note warn" role="status">Your session has ended. Sign in to go on.</p>` : nothing}
      <form class="card" @submit=${this.signIn}>
        ${this.problem_ ? html`<p class="note danger" role="alert">${this.problem_.detail}</p>` : nothing}
        <div class="field">
          <label for="username">User name</label>
          <input id="username" name="username" autocomplete="username" autocapitalize="none" maxlength="64" required />
        </div>
        <div class="field">
          <label for="password">Password</label>
          <input
            id="password"
            name="password"
            type="password"
            autocomplete="current-password"
            maxlength="256"
            required
          />
        </div>
        <button class="primary" aria-disabled=${this.busy_ ? 'true' : 'false'}>
          ${this.busy_ ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
      ${info?.oidc
        ? html`<a class="button" href="/api/v1/oidc/start?return=${back}">Sign in with ${info.oidc.title}</a>`
        : nothing}
      ${info?.guests.watch && !info.person
        ? html`<p class="beside">Just visiting? <a href="/">Enter as a guest</a></p>`
        : nothing}
      ${info?.setup_needed
        ? html`<p class="note">No administrator yet? <a href="/setup">Set up this hub</a> with its one-time code.</p>`
        : nothing}
    </div>`;
  }

  private ledBack(): string | undefined {
    return ledBack[new URLSearchParams(location.search).get('problem') ?? ''];
  }

  /** Where to go afterwards: here, or what the page for signing in was opened for. */
  private wayBack(): string {
    const { pathname, search } = location;
    return router.route.value.page === 'sign-in' ? returnPath(search) : `${pathname}${search}`;
  }

  private async signIn(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy_) return;
    this.busy_ = true;
    this.problem_ = null;
    try {
      await session.signIn(this.username_.value.trim(), this.password_.value);
      if (router.route.value.page === 'sign-in') router.go(this.wayBack());
    } catch (error) {
      this.problem_ = asProblem(error);
      this.password_.select();
    }
    this.busy_ = false;
  }
}
