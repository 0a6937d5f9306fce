import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { session, theme } from '../app.ts';
import type { User } from '../protocol_people.ts';
import { Account } from '../state/account.ts';
import type { ThemeChoice } from '../state/theme.ts';
import { Tokens } from '../state/tokens.ts';
import { grantText, permissionsOf, role_texts } from '../text/rights.ts';
import { Follow } from './follow.ts';
import { loaded } from './loaded.ts';
import './rh_password_form.ts';
import './rh_sessions.ts';
import './rh_tokens.ts';
import './rh_when.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

const themes: readonly { choice: ThemeChoice; title: string }[] = [
  { choice: 'auto', title: 'As the system' },
  { choice: 'light', title: 'Light' },
  { choice: 'dark', title: 'Dark' },
];

/** Who I am here, what I may, and what is mine: password, sessions, tokens. */
@customElement('rh-account-page')
export class RhAccountPage extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    tables,
    css`
      :host {
        max-width: 56rem;
        margin: 0 auto;
      }
      ul {
        margin: 0;
        padding-left: 1.25rem;
      }
      .field.theme {
        max-width: 16rem;
      }
    `,
  ];

  private readonly account_ = new Account();
  private readonly tokens_ = new Tokens();

  constructor() {
    super();
    new Follow(this, session.state, theme.choice, this.account_.me.state);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (session.state.value.info?.person?.kind === 'account') void this.account_.me.load();
  }

  override render(): TemplateResult {
    const person = session.state.value.info?.person;
    if (!person) return html``;
    return html`
      <div class="head"><h1>${person.name}</h1></div>
      ${person.kind === 'guest' ? this.guest() : loaded(this.account_.me, (user) => this.user(user), 6)}
      <section class="card part" aria-labelledby="look">
        <h2 id="look">Look</h2>
        <div class="field theme">
          <label for="theme">Theme</label>
          <select
            id="theme"
            @change=${(event: Event) => theme.choose((event.target as HTMLSelectElement).value as ThemeChoice)}
          >
            ${themes.map(
              ({ choice, title }) =>
                html`<option value=${choice} .selected=${choice === theme.choice.value}>${title}</option>`,
            )}
          </select>
          <p class="hint">Kept in this browser.</p>
        </div>
      </section>
    `;
  }

  private guest(): TemplateResult {
    const can = session.state.value.info?.can;
    return html`<section class="card part" aria-labelledby="who">
      <h2 id="who">You are a guest</h2>
      <p>
        ${can?.play
          ? 'Guests of this hub may watch every device, press STOP, and take turns to drive.'
          : 'Guests of this hub may watch every device and press STOP. Driving needs an account.'}
      </p>
      <p class="muted">
        A guest has no password and nothing is kept: signing out, or a while without a visit, ends it. For an account,
        ask who runs this hub.
      </p>
      <div><a class="button primary" href="/sign-in">Sign in with an account</a></div>
    </section>`;
  }

  private user(user: User): TemplateResult {
    const role = role_texts[user.role];
    return html`
      <section class="card part" aria-labelledby="rights">
        <h2 id="rights">What you may</h2>
        <p><strong>${role.title}:</strong> ${role.may.charAt(0).toLowerCase()}${role.may.slice(1)}.</p>
        ${user.grants.length > 0
          ? html`<ul>
              ${user.grants.map((grant) => html`<li>${grantText(grant)}</li>`)}
            </ul>`
          : nothing}
        <p class="muted small">
          Account made <rh-when .at=${user.created_at_ms}></rh-when>. ${user.oidc ? this.other() : nothing}
        </p>
      </section>
      ${user.has_password ? html`<rh-password-form .account=${this.account_}></rh-password-form>` : nothing}
      <rh-sessions
        .sessions=${this.account_.sessions}
        .end=${(id: string) => this.account_.endSession(id)}
      ></rh-sessions>
      <rh-tokens .tokens=${this.tokens_} .most=${permissionsOf(user.role, user.grants)}></rh-tokens>
    `;
  }

  private other(): string {
    return `You sign in with ${session.state.value.info?.oidc?.title ?? 'single sign-on'}.`;
  }
}
