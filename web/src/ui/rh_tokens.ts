import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { hubTime, questions, toasts } from '../app.ts';
import { asProblem } from '../net/http.ts';
import type { Permission, Token } from '../protocol_people.ts';
import type { Tokens } from '../state/tokens.ts';
import { permission_texts, scopeText } from '../text/rights.ts';
import { Follow } from './follow.ts';
import { icons } from './icons.ts';
import { keepFocus } from './keep_focus.ts';
import { loaded } from './loaded.ts';
import './rh_add_token.ts';
import type { RhAddToken } from './rh_add_token.ts';
import './rh_when.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

/** API tokens of an account, for its programs. Only their owner makes them. */
@customElement('rh-tokens')
export class RhTokens extends LitElement {
  static override styles = [base, controls, surfaces, tables];

  @property({ attribute: false }) tokens!: Tokens;
  /** Whose they are; '' for one's own. */
  @property() of = '';
  /** What a new one may have at most. */
  @property({ attribute: false }) most: readonly Permission[] = [];
  @query('rh-add-token') private readonly add_!: RhAddToken;
  private release_: () => void = () => undefined;

  constructor() {
    super();
    new Follow(this, hubTime.shifts);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.release_ = this.tokens.list.state.subscribe(() => this.requestUpdate());
    void this.tokens.list.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.release_();
  }

  override render(): TemplateResult {
    return html`<section class="card part table" aria-labelledby="title">
        <div class="part-head">
          <h2 id="title" tabindex="-1">API tokens</h2>
          ${this.of
            ? nothing
            : html`<button class="slim" @click=${() => this.add_.open()}>${icons.add}New token</button>`}
        </div>
        ${loaded(this.tokens.list, (tokens) => this.table(tokens), 1)}
      </section>
      ${this.of ? nothing : html`<rh-add-token .tokens=${this.tokens} .most=${this.most}></rh-add-token>`}`;
  }

  private table(tokens: Token[]): TemplateResult {
    if (tokens.length === 0) {
      return html`<p class="muted">
          None. ${this.of ? '' : 'A token lets a program of yours speak to this hub, with as few rights as it needs.'}
        </p>
        <p></p>`;
    }
    return html`<table role="table" aria-label="API tokens">
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">Name</th>
          <th role="columnheader" scope="col">May</th>
          <th role="columnheader" scope="col">Where</th>
          <th role="columnheader" scope="col">Last used</th>
          <th role="columnheader" scope="col">Expires</th>
          <th role="columnheader" scope="col"><span class="unseen">Revoke it</span></th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${repeat(
          tokens,
          ({ id }) => id,
          (token) => this.row(token),
        )}
      </tbody>
    </table>`;
  }

  private row(token: Token): TemplateResult {
    const left_ms = token.expires_at_ms - hubTime.now();
    const when = html`<rh-when .at=${token.expires_at_ms}></rh-when>`;
    return html`<tr role="row">
      <td role="cell" class="main">${token.name}</td>
      <td role="cell" data-label="May">
        ${token.permissions
          .map((permission) => permission_texts[permission]?.title.toLowerCase() ?? permission)
          .join(', ')}
      </td>
      <td role="cell" data-label="Where">${token.scopes.map(scopeText).join(', ') || 'everywhere'}</td>
      <td role="cell" data-label="Last used">
        ${token.last_used_ms
          ? html`<rh-when .at=${token.last_used_ms}></rh-when>`
          : html`<span class="muted">never</span>`}
      </td>
      <td role="cell" data-label="Expires">
        ${left_ms <= 0
          ? html`<span class="badge danger">Expired</span>`
          : left_ms < 7 * 86400000
            ? html`<span class="badge warn">${when}</span>`
            : when}
      </td>
      <td role="cell" class="do">
        <button class="slim" aria-label="Revoke ${token.name}" @click=${() => void this.revoke(token)}>Revoke…</button>
      </td>
    </tr>`;
  }

  private async revoke(token: Token): Promise<void> {
    const yes = await questions.ask({
      title: `Revoke “${token.name}”?`,
      text: ['The program that uses it is cut off at once. A revoked token cannot be brought back.'],
      yes: 'Revoke it',
      danger: true,
    });
    if (!yes) return;
    try {
      await this.tokens.revoke(token.id);
      toasts.say(`“${token.name}” is revoked.`);
      await keepFocus(this);
    } catch (error) {
      toasts.complain(asProblem(error).detail);
    }
  }
}
