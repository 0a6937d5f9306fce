import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { announcements, devices, questions, toasts } from '../app.ts';
import { asProblem, type Problem } from '../net/http.ts';
import type { Pending } from '../protocol_media.ts';
import { suggestId } from '../state/admin_devices.ts';
import { pendingKey, PendingStore } from '../state/pending.ts';
import { linkText } from '../text/links.ts';
import { humanName } from '../text/names.ts';
import { Follow } from './follow.ts';
import { openModal } from './open_modal.ts';
import './rh_when.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { dialogs } from './styles/dialogs.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

/** Devices without our agent that have come and wait to be accepted or refused. Nothing while there are none. */
@customElement('rh-pending')
export class RhPending extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    tables,
    dialogs,
    css`
      .table {
        margin-bottom: 1.25rem;
      }
      .why {
        max-width: 32rem;
        color: var(--rh-warn-text);
      }
      td.do {
        white-space: nowrap;
      }
    `,
  ];

  @state() private accepting_: Pending | null = null;
  @state() private busy_ = false;
  @state() private problem_: Problem | null = null;
  @state() private name_ = '';
  @state() private id_ = '';
  @state() private own_id_ = false;
  @query('dialog') private readonly dialog_!: HTMLDialogElement;
  private readonly pending_ = new PendingStore();
  private known_ = new Set<string>();
  private releases_: (() => void)[] = [];

  constructor() {
    super();
    new Follow(this, devices.state);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.releases_ = [this.pending_.waiting.state.subscribe(() => this.heard()), this.pending_.watch()];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const release of this.releases_) release();
  }

  override render(): TemplateResult {
    const { value, problem } = this.pending_.waiting.state.value;
    const list = value ?? [];
    // A hub that cannot be asked says so in the list of devices below.
    return html`
      ${list.length > 0
        ? html`<section class="card part table" aria-labelledby="waiting">
            <h2 id="waiting" tabindex="-1">
              ${list.length === 1 ? 'One device waits to be accepted' : `${list.length} devices wait to be accepted`}
            </h2>
            ${this.table(list)}
          </section>`
        : problem && problem.code !== 'not_found'
          ? html`<p class="note warn">Whether devices wait to be accepted is not known. ${problem.detail}</p>`
          : nothing}
      <dialog
        aria-labelledby="title"
        @cancel=${(event: Event) => {
          if (this.busy_) event.preventDefault();
        }}
        @close=${() => (this.accepting_ = null)}
      >
        ${this.accepting_ ? this.form(this.accepting_) : nothing}
      </dialog>
    `;
  }

  private table(list: readonly Pending[]): TemplateResult {
    return html`<table role="table" aria-labelledby="waiting">
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">Calls itself</th>
          <th role="columnheader" scope="col">Comes by</th>
          <th role="columnheader" scope="col">From</th>
          <th role="columnheader" scope="col">Since</th>
          <th role="columnheader" scope="col"><span class="unseen">Accept or refuse</span></th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${repeat(list, pendingKey, (each) => this.row(each))}
      </tbody>
    </table>`;
  }

  private row(pending: Pending): TemplateResult {
    const { name, foreign_id, link, type, address, since_ms, refused } = pending;
    const called = name || foreign_id;
    return html`<tr role="row">
      <td role="cell" class="main">
        ${called}${name ? html`<div class="muted small mono">${foreign_id}</div>` : nothing}
        ${refused ? html`<p class="small why">${refused}</p>` : nothing}
      </td>
      <td role="cell" data-label="Comes by">
        ${linkText(link)}${type ? html`<div class="muted small">${humanName(type)}</div>` : nothing}
      </td>
      <td role="cell" data-label="From" class="mono ${address ? '' : 'bare'}">${address}</td>
      <td role="cell" data-label="Since"><rh-when .at=${since_ms}></rh-when></td>
      <td role="cell" class="do">
        <button
          class="slim primary"
          ?disabled=${refused !== ''}
          aria-label="Accept ${called}"
          @click=${() => this.open(pending)}
        >
          Accept…
        </button>
        <button class="slim" aria-label="Refuse ${called}" @click=${() => void this.refuse(pending)}>Refuse…</button>
      </td>
    </tr>`;
  }

  private form({ link, type, foreign_id }: Pending): TemplateResult {
    const wrong = (name: string): string => (this.problem_?.pointer === `/${name}` ? this.problem_.detail : '');
    const elsewhere = this.problem_ && !wrong('device') && !wrong('name');
    return html`<form @submit=${this.submit} autocomplete="off">
      <h2 id="title">Accept this device</h2>
      <p class="muted">
        ${type ? `${humanName(type)}, by` : 'By'} ${linkText(link)}, calls itself <code>${foreign_id}</code>. From now
        on it belongs to this hub whenever it comes.
      </p>
      ${elsewhere ? html`<p class="note danger" role="alert">${this.problem_?.detail}</p>` : nothing}
      <div class="field">
        <label for="name">Name</label>
        <input
          id="name"
          maxlength="64"
          required
          .value=${this.name_}
          aria-invalid=${wrong('name') ? 'true' : 'false'}
          aria-describedby="name-wrong"
          @input=${this.typeName}
        />
        <p class="wrong" id="name-wrong" role="alert" ?hidden=${!wrong('name')}>${wrong('name')}</p>
      </div>
      <div class="field">
        <label for="id">Id</label>
        <input
          id="id"
          class="mono"
          maxlength="64"
          required
          pattern="[a-z0-9][a-z0-9_\\-]*"
          title="a–z, 0–9, dash and underscore; a letter or digit first"
          autocapitalize="none"
          spellcheck="false"
          .value=${this.id_}
          aria-invalid=${wrong('device') ? 'true' : 'false'}
          aria-describedby="id-wrong id-hint"
          @input=${this.typeId}
        />
        <p class="wrong" id="id-wrong" role="alert" ?hidden=${!wrong('device')}>${wrong('device')}</p>
        <p class="hint" id="id-hint">It stays; the name can change. Addresses, grants and programs use it.</p>
      </div>
      <div class="actions">
        <button type="button" ?disabled=${this.busy_} @click=${() => this.dialog_.close()}>Cancel</button>
        <button class="primary" aria-disabled=${this.busy_ ? 'true' : 'false'}>
          ${this.busy_ ? 'Accepting…' : 'Accept'}
        </button>
      </div>
    </form>`;
  }

  /** Tells of newcomers, once each. */
  private heard(): void {
    const list = this.pending_.waiting.value ?? [];
    const fresh = list.filter((each) => !this.known_.has(pendingKey(each)));
    this.known_ = new Set(list.map(pendingKey));
    if (fresh.length === 1) announcements.say(`${fresh[0]?.name || fresh[0]?.foreign_id} waits to be accepted.`);
    else if (fresh.length > 1) announcements.say(`${fresh.length} devices wait to be accepted.`);
    this.requestUpdate();
  }

  private open(pending: Pending): void {
    this.accepting_ = pending;
    this.problem_ = null;
    this.name_ = pending.name || pending.foreign_id;
    this.own_id_ = false;
    this.id_ = this.suggested();
    void this.updateComplete.then(() => {
      openModal(this.dialog_);
      this.renderRoot.querySelector<HTMLInputElement>('#name')?.select();
    });
  }

  private suggested(): string {
    return suggestId(this.name_, (id) => devices.get(id) !== undefined);
  }

  private typeName(event: Event): void {
    this.name_ = (event.target as HTMLInputElement).value;
    if (!this.own_id_) this.id_ = this.suggested();
  }

  private typeId(event: Event): void {
    this.id_ = (event.target as HTMLInputElement).value;
    this.own_id_ = this.id_ !== '';
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const pending = this.accepting_;
    if (this.busy_ || !pending) return;
    this.busy_ = true;
    this.problem_ = null;
    try {
      const device = await this.pending_.accept(pending, this.id_.trim(), this.name_.trim());
      this.dialog_.close();
      toasts.say(`${device.name || device.id} is accepted.`);
    } catch (error) {
      this.problem_ = asProblem(error);
    }
    this.busy_ = false;
  }

  private async refuse(pending: Pending): Promise<void> {
    const called = pending.name || pending.foreign_id;
    const yes = await questions.ask({
      title: `Refuse ${called}?`,
      text: ['It is turned away for a day, also when it comes again. After that it waits here anew.'],
      yes: 'Refuse it',
      danger: true,
    });
    if (!yes) return;
    try {
      await this.pending_.refuse(pending);
      toasts.say(`${called} is refused for a day.`);
    } catch (error) {
      toasts.complain(asProblem(error).detail);
    }
  }
}
