import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { questions, router, session, toasts } from '../app.ts';
import { asProblem } from '../net/http.ts';
import { roles, type AccountRole, type User } from '../protocol_people.ts';
import { Tokens } from '../state/tokens.ts';
import { OneUser } from '../state/users.ts';
import { role_texts } from '../text/rights.ts';
import { icons } from './icons.ts';
import { loaded } from './loaded.ts';
import './rh_grants.ts';
import './rh_sessions.ts';
import './rh_set_password.ts';
import type { RhSetPassword } from './rh_set_password.ts';
import './rh_tokens.ts';
import './rh_when.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

/** One account: role, grants, sessions, tokens, and what an administrator may do to it. */
@customElement('rh-user-page')
export class RhUserPage extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    tables,
    css`
      .field.role {
        max-width: 22rem;
      }
    `,
  ];

  @property() username = '';
  @state() private busy_ = false;
  @query('rh-set-password') private readonly password_!: RhSetPassword;
  private one_: OneUser | null = null;
  private tokens_: Tokens | null = null;
  private release_: () => void = () => undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.release_();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('username')) return;
    this.release_();
    const one = new OneUser(this.username);
    this.one_ = one;
    this.tokens_ = new Tokens(this.username);
    this.release_ = one.user.state.subscribe(() => this.requestUpdate());
    void one.user.load();
  }

  override render(): TemplateResult {
    const one = this.one_;
    if (!one) return html``;
    const missing = one.user.state.value.problem?.code === 'not_found';
    return html`
      <div class="head">
        <a class="back" href="/admin/users" aria-label="All people">${icons.back}</a>
        <h1>${this.username}</h1>
        ${one.user.value?.disabled ? html`<span class="badge warn">Disabled</span>` : nothing}
        ${this.isMe(one.user.value) ? html`<span class="badge plain">You</span>` : nothing}
      </div>
      ${missing
        ? html`<div class="card empty">
            <h2>There is no account called “${this.username}”</h2>
            <a class="button" href="/admin/users">All people</a>
          </div>`
        : loaded(one.user, (user) => this.page(one, user), 6)}
    `;
  }

  private page(one: OneUser, user: User): TemplateResult {
    return html`
      <section class="card part" aria-label="Account">
        <div class="field role">
          <label for="role">Role</label>
          <select id="role" aria-describedby="role-hint" ?disabled=${this.busy_} @change=${this.pickRole}>
            ${roles.map(
              (role) => html`<option value=${role} .selected=${role === user.role}>${role_texts[role].title}</option>`,
            )}
          </select>
          <p class="hint" id="role-hint">${role_texts[user.role]?.may}.</p>
        </div>
        <dl class="facts">
          <dt>Last seen</dt>
          <dd>${user.last_seen_ms ? html`<rh-when .at=${user.last_seen_ms}></rh-when>` : 'never'}</dd>
          <dt>Added</dt>
          <dd><rh-when .at=${user.created_at_ms}></rh-when></dd>
          <dt>Signs in with</dt>
          <dd>${signsInWith(user)}</dd>
          <dt>In the audit</dt>
          <dd><a href="/admin/audit?actor=${encodeURIComponent(user.username)}">what ${user.username} did</a></dd>
        </dl>
        <div class="form-row">
          <button @click=${() => this.password_.open()}>Set a password</button>
          <button @click=${() => void this.setDisabled(!user.disabled)} ?disabled=${this.busy_}>
            ${user.disabled ? 'Enable' : 'Disable'}
          </button>
          <button class="quiet danger" @click=${() => void this.removeAccount(user)}>Remove…</button>
        </div>
      </section>
      <rh-grants .one=${one} .user=${user}></rh-grants>
      <rh-sessions
        .sessions=${one.sessions}
        .of=${user.username}
        .end=${(id: string) => one.endSession(id)}
      ></rh-sessions>
      <rh-tokens .tokens=${this.tokens_} .of=${user.username}></rh-tokens>
      <rh-set-password .one=${one}></rh-set-password>
    `;
  }

  private isMe(user: User | null): boolean {
    return user !== null && user.id === session.state.value.info?.person?.id;
  }

  private pickRole(event: Event): void {
    const select = event.target as HTMLSelectElement;
    void this.change({ role: select.value as AccountRole }, 'role').then(() => {
      // A refused role goes back to what it is.
      select.value = this.one_?.user.value?.role ?? select.value;
    });
  }

  private async setDisabled(disabled: boolean): Promise<void> {
    await this.change({ disabled }, 'disabled');
  }

  /** Changes one thing, and offers to take that back. */
  private async change(
    part: { role?: AccountRole; disabled?: boolean },
    what: 'role' | 'disabled',
    undoing = false,
  ): Promise<void> {
    const one = this.one_;
    const before = one?.user.value;
    if (!one || !before) return;
    this.busy_ = true;
    try {
      await one.change(part);
      const undo = (): void => void this.change({ [what]: before[what] }, what, true);
      toasts.say(changeText(before.username, part), undoing ? null : undo);
      if (this.isMe(before)) void session.load();
    } catch (error) {
      toasts.complain(asProblem(error).detail);
    }
    this.busy_ = false;
  }

  private async removeAccount(user: User): Promise<void> {
    const counted = (n: number, one: string): string => (n === 1 ? `its ${one}` : n > 1 ? `its ${n} ${one}s` : '');
    const lost = ['The account', counted(user.grants.length, 'grant'), counted(user.tokens, 'API token')].filter(
      Boolean,
    );
    const yes = await questions.ask({
      title: `Remove ${user.username}?`,
      text: [
        `${andText(lost)} ${lost.length > 1 ? 'are' : 'is'} gone for good. ${user.username} is signed out everywhere at once${user.tokens > 0 ? ', and programs with these tokens stop working' : ''}.`,
        'What was done stays in the audit. To keep somebody out for a while, disable the account instead.',
      ],
      yes: `Remove ${user.username}`,
      danger: true,
    });
    if (!yes) return;
    try {
      await this.one_?.remove();
      toasts.say(`${user.username} is removed.`);
      router.go('/admin/users');
    } catch (error) {
      toasts.complain(asProblem(error).detail);
    }
  }
}

function changeText(username: string, part: { role?: AccountRole; disabled?: boolean }): string {
  if (part.role) return `${username} is ${role_texts[part.role].one} now.`;
  return part.disabled ? `${username} is disabled, and signed out everywhere.` : `${username} may sign in again.`;
}

function signsInWith({ has_password, oidc }: User): string {
  const other = session.state.value.info?.oidc?.title ?? 'single sign-on';
  const ways = [...(has_password ? ['a password'] : []), ...(oidc ? [other] : [])];
  return ways.join(' or ') || 'nothing yet';
}

/** "A", "A and B", "A, B and C". */
function andText(parts: string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;
}
