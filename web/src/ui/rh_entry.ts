import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { session } from '../app.ts';
import { asProblem, type Problem } from '../net/http.ts';
import { longest_name, nameFault, suggestName } from '../text/names.ts';
import { Follow } from './follow.ts';
import { icons } from './icons.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { forms } from './styles/forms.ts';
import { surfaces } from './styles/surfaces.ts';
import './rh_sign_in.ts';

/** The door: a name is enough where guests may watch; otherwise an account. */
@customElement('rh-entry')
export class RhEntry extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    forms,
    css`
      .mark svg {
        width: 3.25rem;
        height: 3.25rem;
        color: var(--rh-accent);
      }
    `,
  ];

  @state() private busy_ = false;
  @state() private problem_: Problem | null = null;
  @query('#name') private readonly name_!: HTMLInputElement;
  private readonly suggestion_ = rememberedName() ?? suggestName();

  constructor() {
    super();
    new Follow(this, session.state);
  }

  override render(): TemplateResult {
    const { info, ended } = session.state.value;
    if (!info?.guests.watch) return html`<rh-sign-in ?ended=${ended}></rh-sign-in>`;
    return html`<div class="sheet">
      <div class="intro">
        <div class="mark">${icons.mark}</div>
        <h1>Watch. Take your turn. Drive.</h1>
        <p class="muted">
          ${info.guests.play
            ? 'Devices on this hub are shared: one person drives at a time, everyone else watches live.'
            : 'Everyone may watch the devices on this hub; driving needs an account.'}
        </p>
      </div>
      ${ended ? html`<p class="note warn" role="status">Your session has ended. Enter again to go on.</p>` : nothing}
      <form class="card" @submit=${this.enter}>
        <div class="field">
          <label for="name">Your name</label>
          <input
            id="name"
            name="name"
            .value=${this.suggestion_}
            maxlength=${2 * longest_name}
            autocomplete="nickname"
            required
            aria-describedby="name-hint${this.problem_ ? ' name-wrong' : ''}"
            aria-invalid=${this.problem_ ? 'true' : 'false'}
            @input=${() => this.name_.setCustomValidity(nameFault(this.name_.value))}
          />
          ${this.problem_ ? html`<p class="wrong" id="name-wrong" role="alert">${this.problem_.detail}</p>` : nothing}
          <p class="hint" id="name-hint">Others see it while you wait and drive.</p>
        </div>
        <button class="primary" aria-disabled=${this.busy_ ? 'true' : 'false'}>
          ${this.busy_ ? 'Entering…' : 'Enter'}
        </button>
      </form>
      <p class="beside">
        Have an account? <a href="/sign-in">Sign in</a>${info.oidc
          ? html`, or
              <a href="/api/v1/oidc/start?return=${encodeURIComponent(location.pathname)}">with ${info.oidc.title}</a>`
          : nothing}
      </p>
      ${info.setup_needed
        ? html`<p class="note">
            This hub has no administrator yet. A one-time code from its machine makes you one:
            <a href="/setup">set it up</a>.
          </p>`
        : nothing}
    </div>`;
  }

  private async enter(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy_) return;
    const name = this.name_.value.trim();
    this.busy_ = true;
    this.problem_ = null;
    try {
      await session.enterAsGuest(name);
      rememberName(name);
    } catch (error) {
      this.problem_ = asProblem(error);
      this.name_.focus();
    }
    this.busy_ = false;
  }
}

function rememberedName(): string | null {
  try {
    return localStorage.getItem('robohub.name');
  } catch {
    return null;
  }
}

function rememberName(name: string): void {
  try {
    localStorage.setItem('robohub.name', name);
  } catch {
    // Without storage the name is merely asked again next time.
  }
}
