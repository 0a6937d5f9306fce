import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { toasts } from '../app.ts';
import { asProblem } from '../net/http.ts';
import { permissions, type Grant, type Permission, type User } from '../protocol_people.ts';
import type { OneUser } from '../state/users.ts';
import { grantText, permission_texts, scopeText } from '../text/rights.ts';
import { keepFocus } from './keep_focus.ts';
import './rh_scope_picker.ts';
import type { RhScopePicker } from './rh_scope_picker.ts';
import './rh_when.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

/** What an account may beyond its role, and where; giving and taking. */
@customElement('rh-grants')
export class RhGrants extends LitElement {
  static override styles = [base, controls, surfaces, tables];

  @property({ attribute: false }) one!: OneUser;
  @property({ attribute: false }) user!: User;
  @state() private permission_: Permission = 'play';
  @state() private busy_ = false;
  @state() private problem_ = '';
  @query('rh-scope-picker') private readonly picker_!: RhScopePicker;

  override render(): TemplateResult {
    const { grants, role } = this.user;
    return html`<section class="card part table" aria-labelledby="title">
      <div class="part-head"><h2 id="title" tabindex="-1">Grants</h2></div>
      ${role === 'administrator'
        ? html`<p class="muted small">An administrator may do everything; grants count once the role is another.</p>`
        : nothing}
      ${grants.length === 0 && role !== 'administrator'
        ? html`<p class="muted">
            None. ${role === 'member' ? 'A member without grants sees no device.' : 'Only the role counts.'}
          </p>`
        : nothing}
      ${grants.length > 0
        ? html`<table role="table" aria-label="Grants">
            <thead role="rowgroup">
              <tr role="row">
                <th role="columnheader" scope="col">Permission</th>
                <th role="columnheader" scope="col">Where</th>
                <th role="columnheader" scope="col">Given</th>
                <th role="columnheader" scope="col"><span class="unseen">Take it away</span></th>
              </tr>
            </thead>
            <tbody role="rowgroup">
              ${repeat(
                grants,
                ({ id }) => id,
                (grant) => this.row(grant),
              )}
            </tbody>
          </table>`
        : nothing}
      <form @submit=${this.add} class="form-row">
        <div class="field">
          <label for="permission">May</label>
          <select
            id="permission"
            aria-describedby="may"
            @change=${(event: Event) => (this.permission_ = (event.target as HTMLSelectElement).value as Permission)}
          >
            ${permissions.map(
              (permission) =>
                html`<option value=${permission} ?selected=${permission === this.permission_}>
                  ${permission_texts[permission].title.toLowerCase()}
                </option>`,
            )}
          </select>
        </div>
        <rh-scope-picker .problem=${this.problem_}></rh-scope-picker>
        <button aria-disabled=${this.busy_ ? 'true' : 'false'}>Grant</button>
      </form>
      <p class="hint" id="may">
        ${permission_texts[this.permission_].title}: ${permission_texts[this.permission_].may}.
      </p>
      <p></p>
    </section>`;
  }

  private row(grant: Grant): TemplateResult {
    return html`<tr role="row">
      <td role="cell" class="main">${permission_texts[grant.permission]?.title ?? grant.permission}</td>
      <td role="cell" data-label="on">${scopeText(grant.scope)}</td>
      <td role="cell" data-label="given" class="muted">
        <rh-when .at=${grant.created_at_ms}></rh-when>${grant.created_by ? ` by ${grant.created_by}` : ''}
      </td>
      <td role="cell" class="do">
        <button class="slim" aria-label="Take away: ${grantText(grant)}" @click=${() => void this.take(grant)}>
          Take away
        </button>
      </td>
    </tr>`;
  }

  private async add(event: Event): Promise<void> {
    event.preventDefault();
    const scope = this.picker_.scope;
    if (this.busy_) return;
    this.problem_ = scope ? '' : 'Where should it hold?';
    if (!scope) {
      this.picker_.focus();
      return;
    }
    this.busy_ = true;
    try {
      const grant = await this.one.grant(this.permission_, scope);
      this.picker_.clear();
      toasts.say(`${this.user.username} may now: ${grantText(grant)}.`, () => void this.take(grant, true));
    } catch (error) {
      this.problem_ = asProblem(error).detail;
    }
    this.busy_ = false;
  }

  private async take(grant: Grant, undoing = false): Promise<void> {
    try {
      await this.one.ungrant(grant.id);
      const again = (): void => void this.giveAgain(grant);
      toasts.say(`Taken away: ${grantText(grant)}.`, undoing ? null : again);
      await keepFocus(this);
    } catch (error) {
      toasts.complain(asProblem(error).detail);
    }
  }

  private async giveAgain(grant: Grant): Promise<void> {
    try {
      await this.one.grant(grant.permission, grant.scope);
    } catch (error) {
      toasts.complain(asProblem(error).detail);
    }
  }
}
