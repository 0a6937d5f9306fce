import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { devices, toasts } from '../app.ts';
import { BansStore, guestsInLines } from '../state/bans.ts';
import { Follow } from './follow.ts';
import { icons } from './icons.ts';
import { openModal } from './open_modal.ts';
import './rh_moderation_bans.ts';
import './rh_moderation_dialog.ts';
import type { RhModerationDialog } from './rh_moderation_dialog.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { dialogs } from './styles/dialogs.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

/** Every ban of the hub and of its devices; an administrator lifts them, or bans a guest from the whole hub. */
@customElement('rh-bans-page')
export class RhBansPage extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    tables,
    dialogs,
    css`
      ul.guests {
        display: grid;
        gap: 0.375rem;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      ul.guests button {
        width: 100%;
        justify-content: space-between;
      }
    `,
  ];

  @state() private choosing_ = false;
  @query('dialog') private readonly dialog_!: HTMLDialogElement;
  @query('rh-moderation-dialog') private readonly asking_!: RhModerationDialog;
  private readonly bans_ = new BansStore();
  private release_: () => void = () => undefined;

  constructor() {
    super();
    new Follow(this, devices.state);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.release_ = devices.watchList();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.release_();
  }

  override render(): TemplateResult {
    return html`
      <div class="head">
        <h1>Bans</h1>
        <button @click=${this.choose}>${icons.ban}Ban a guest…</button>
      </div>
      <p class="lead">
        Bans keep guests away: from one device, or from the whole hub. To keep somebody with an account away, change the
        account’s role or disable it under <a href="/admin/users">People</a>.
      </p>
      <div class="card"><rh-moderation-bans places .bans=${this.bans_}></rh-moderation-bans></div>
      <dialog aria-labelledby="title" @close=${() => (this.choosing_ = false)}>
        ${this.choosing_ ? this.guests() : nothing}
      </dialog>
      <rh-moderation-dialog></rh-moderation-dialog>
    `;
  }

  private guests(): TemplateResult {
    const guests = guestsInLines(devices.state.value.byId);
    return html`<form
      @submit=${(event: Event) => {
        event.preventDefault();
        const id = this.dialog_.querySelector<HTMLInputElement>('#person')?.value.trim() ?? '';
        if (id) this.ask({ id, name: guests.find((guest) => guest.id === id)?.name ?? id });
      }}
    >
      <h2 id="title">Who is to be kept away?</h2>
      ${guests.length === 0
        ? html`<p class="muted">No guest drives or waits at a device just now.</p>`
        : html`<ul class="guests" aria-label="Guests at devices">
            ${guests.map(
              (guest) =>
                html`<li>
                  <button type="button" @click=${() => this.ask(guest)}>
                    ${guest.name}<span class="muted small">${guest.id}</span>
                  </button>
                </li>`,
            )}
          </ul>`}
      <div class="field">
        <label for="person">Or the id of a guest</label>
        <input
          id="person"
          required
          placeholder="g-…"
          pattern="g-.+"
          title="The id of a guest begins with g-"
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
          maxlength="64"
          aria-describedby="hint"
        />
        <p class="hint" id="hint">The audit says the id of whoever had a turn or pressed STOP.</p>
      </div>
      <div class="actions">
        <button type="button" @click=${() => this.dialog_.close()}>Cancel</button>
        <button class="primary">Go on</button>
      </div>
    </form>`;
  }

  private choose(): void {
    this.choosing_ = true;
    void this.updateComplete.then(() => openModal(this.dialog_));
  }

  private ask(person: { id: string; name: string }): void {
    this.dialog_.close();
    this.asking_.open({
      title: `Ban ${person.name} from the whole hub?`,
      text: 'The guest session ends at once, and nobody comes in as a guest from the same address until the ban is over. It can be lifted.',
      yes: 'Ban',
      example: 'Insulted others',
      timed: true,
      danger: true,
      act: async (reason, for_ms) => {
        await this.bans_.add(person.id, for_ms, reason);
        toasts.say(`${person.name} is banned.`);
      },
    });
  }
}
