import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { session } from '../app.ts';
import type { User } from '../protocol_people.ts';
import { adminPath } from '../router.ts';
import { findUsers, Users } from '../state/users.ts';
import { role_texts } from '../text/rights.ts';
import { Follow } from './follow.ts';
import { icons } from './icons.ts';
import { loaded } from './loaded.ts';
import './rh_add_user.ts';
import type { RhAddUser } from './rh_add_user.ts';
import './rh_when.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

/** Everybody who has an account here. */
@customElement('rh-users-page')
export class RhUsersPage extends LitElement {
  static override styles = [base, controls, surfaces, tables];

  @state() private search_ = '';
  @query('rh-add-user') private readonly add_!: RhAddUser;
  private readonly users_ = new Users();

  constructor() {
    super();
    new Follow(this, this.users_.list.state, session.state);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.users_.list.load();
  }

  override render(): TemplateResult {
    return html`
      <div class="head">
        <h1>People</h1>
        <search class="search">
          ${icons.search}
          <input
            type="search"
            aria-label="Search people"
            placeholder="Search"
            .value=${this.search_}
            @input=${(event: Event) => (this.search_ = (event.target as HTMLInputElement).value)}
          />
        </search>
        <button class="primary" @click=${() => this.add_.open()}>${icons.add}Add a person</button>
      </div>
      <div class="card table">${loaded(this.users_.list, (users) => this.table(users), 4)}</div>
      <rh-add-user .users=${this.users_}></rh-add-user>
    `;
  }

  private table(users: User[]): TemplateResult {
    const found = findUsers(users, this.search_);
    if (found.length === 0) {
      return html`<div class="empty" role="status">
        <h2>Nobody matches “${this.search_}”</h2>
        <button @click=${() => (this.search_ = '')}>Show everybody</button>
      </div>`;
    }
    return html`
      <p class="unseen" role="status">${this.search_ ? `${found.length} found` : ''}</p>
      <table role="table" aria-label="Accounts">
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">Name</th>
            <th role="columnheader" scope="col">Role</th>
            <th role="columnheader" scope="col">Grants</th>
            <th role="columnheader" scope="col">Last seen</th>
            <th role="columnheader" scope="col">Signed in</th>
            <th role="columnheader" scope="col">Signs in with</th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${repeat(
            found,
            ({ id }) => id,
            (user) => this.row(user),
          )}
        </tbody>
      </table>
    `;
  }

  private row(user: User): TemplateResult {
    const me = user.id === session.state.value.info?.person?.id;
    return html`<tr role="row">
      <td role="cell" class="main">
        <a class="whole" href=${adminPath('users', user.username)}>${user.username}</a>
        ${me ? html`<span class="badge plain">You</span>` : nothing}
        ${user.disabled ? html`<span class="badge warn">Disabled</span>` : nothing}
      </td>
      <td role="cell" data-label="Role">${role_texts[user.role]?.title ?? user.role}</td>
      <td role="cell" data-label="Grants" class="number ${user.grants.length === 0 ? 'bare' : ''}">
        ${user.grants.length || html`<span class="muted">none</span>`}
      </td>
      <td role="cell" data-label="Last seen">
        ${user.last_seen_ms
          ? html`<rh-when .at=${user.last_seen_ms}></rh-when>`
          : html`<span class="muted">never</span>`}
      </td>
      <td role="cell" data-label="Signed in" class="number">
        ${user.sessions === 0 ? html`<span class="muted">no</span>` : places(user.sessions)}
      </td>
      <td role="cell" data-label="Signs in with">${signInKind(user)}</td>
    </tr>`;
  }
}

function places(sessions: number): string {
  return sessions === 1 ? 'in 1 place' : `in ${sessions} places`;
}

/** How this person comes in. */
function signInKind({ has_password, oidc }: User): string {
  const other = session.state.value.info?.oidc?.title ?? 'single sign-on';
  if (has_password && oidc) return `password, ${other}`;
  if (oidc) return other;
  return has_password ? 'password' : 'not yet';
}
