import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { hubTime, toasts } from '../app.ts';
import { asProblem } from '../net/http.ts';
import type { Ban } from '../protocol_upkeep.ts';
import { adminPath } from '../router.ts';
import { holding, type BansStore } from '../state/bans.ts';
import { Follow, Tick } from './follow.ts';
import { icons } from './icons.ts';
import { loaded } from './loaded.ts';
import './rh_when.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

/** Who is kept away, from where, how long still and why; with "Lift". */
@customElement('rh-moderation-bans')
export class RhModerationBans extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    tables,
    css`
      rh-when {
        display: inline;
      }
      .failed {
        margin: 1rem;
      }
    `,
  ];

  @property({ attribute: false }) bans!: BansStore;
  /** Shows from where: for lists of more than one device. */
  @property({ type: Boolean }) places = false;
  @state() private lifting_: ReadonlySet<number> = new Set();
  private following_: BansStore | null = null;

  constructor() {
    super();
    // Bans run out by themselves.
    new Tick(
      this,
      () => this.bans.list.value !== null && this.shown_ !== holding(this.bans.list.value, hubTime.now()).length,
    );
  }

  private shown_ = 0;

  protected override willUpdate(): void {
    if (this.following_ === this.bans) return;
    this.following_ = this.bans;
    new Follow(this, this.bans.list.state);
    void this.bans.list.load();
  }

  override render(): TemplateResult {
    return html`<div class="table">
      ${loaded(this.bans.list, (bans) => this.table(holding(bans, hubTime.now())), 2)}
    </div>`;
  }

  private table(bans: Ban[]): TemplateResult {
    this.shown_ = bans.length;
    if (bans.length === 0) {
      return html`<div class="empty" role="status">
        ${icons.ban}
        <h2>Nobody is banned</h2>
        <p class="muted">
          A ban keeps a guest away for a while. Moderators put one from the line of a device; it ends by itself.
        </p>
      </div>`;
    }
    return html`<table role="table" aria-label="Bans">
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">Who</th>
          ${this.places ? html`<th role="columnheader" scope="col">From</th>` : nothing}
          <th role="columnheader" scope="col">Ends</th>
          <th role="columnheader" scope="col">By</th>
          <th role="columnheader" scope="col">Reason</th>
          <th role="columnheader" scope="col"><span class="unseen">Lift</span></th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${repeat(
          bans,
          ({ id }) => id,
          (ban) => this.row(ban),
        )}
      </tbody>
    </table>`;
  }

  private row(ban: Ban): TemplateResult {
    const { person, device, until_ms, created_at_ms, by, reason } = ban;
    return html`<tr role="row">
      <td role="cell" class="main">
        ${person.name || person.id}
        <div class="small muted">${person.id}</div>
      </td>
      ${this.places
        ? html`<td role="cell" data-label="From">
            ${device ? html`<a href=${adminPath('devices', device)}>${device}</a>` : 'the whole hub'}
          </td>`
        : nothing}
      <td role="cell" data-label="Ends"><rh-when .at=${until_ms}></rh-when></td>
      <td role="cell" data-label="By">
        ${by} <span class="small muted"><rh-when .at=${created_at_ms}></rh-when></span>
      </td>
      <td role="cell" data-label="Reason" class=${reason ? '' : 'bare'}>
        ${reason || html`<span class="muted">none</span>`}
      </td>
      <td role="cell" class="do">
        <button
          class="slim"
          aria-label="Lift the ban of ${person.name || person.id}"
          aria-disabled=${this.lifting_.has(ban.id) ? 'true' : 'false'}
          @click=${() => void this.lift(ban)}
        >
          Lift
        </button>
      </td>
    </tr>`;
  }

  private async lift(ban: Ban): Promise<void> {
    if (this.lifting_.has(ban.id)) return;
    this.lifting_ = new Set([...this.lifting_, ban.id]);
    try {
      await this.bans.lift(ban);
      toasts.say(`${ban.person.name || ban.person.id} may come back.`);
    } catch (error) {
      toasts.complain(asProblem(error).detail);
      void this.bans.list.load();
    }
    this.lifting_ = new Set([...this.lifting_].filter((id) => id !== ban.id));
  }
}
