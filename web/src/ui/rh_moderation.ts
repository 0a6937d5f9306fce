import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { live, questions, session, toasts, turns } from '../app.ts';
import { asProblem } from '../net/http.ts';
import type { Device, PersonRef } from '../protocol.ts';
import { BansStore } from '../state/bans.ts';
import { lacksPlugin } from '../state/devices.ts';
import { Moderation, takeOverQuestion, type PersonAct } from '../state/moderation.ts';
import { Follow } from './follow.ts';
import { openModal } from './open_modal.ts';
import './rh_moderation_bans.ts';
import './rh_moderation_dialog.ts';
import type { RhModerationDialog } from './rh_moderation_dialog.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { dialogs } from './styles/dialogs.ts';
import { surfaces } from './styles/surfaces.ts';

/** What a moderator does to the line of a device: skip, hold and release, take over, bans. */
@customElement('rh-moderation')
export class RhModeration extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    dialogs,
    css`
      section {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5rem;
        padding: 0.5rem 0.25rem 0;
      }
      h3 {
        margin-right: 0.25rem;
        color: var(--rh-muted);
        font-size: 0.8125rem;
      }
      dialog .inside {
        padding: 1.25rem 0 1rem;
      }
      dialog .inside > :not(rh-moderation-bans) {
        padding: 0 1.25rem;
      }
      @media (max-width: 40rem) {
        h3 {
          flex: 1 1 100%;
        }
        section button {
          flex: 1 1 auto;
        }
      }
    `,
  ];

  @property({ attribute: false }) device!: Device;
  @state() private busy_ = false;
  @state() private bans_: BansStore | null = null;
  @query('rh-moderation-dialog') private readonly asking_!: RhModerationDialog;
  @query('dialog.bans') private readonly bans_dialog_!: HTMLDialogElement;
  private moderation_ = new Moderation(live, '');

  constructor() {
    super();
    new Follow(this, live.connection, turns.state, session.state);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('device') && this.moderation_.device !== this.device.id) {
      this.moderation_ = new Moderation(live, this.device.id);
      this.bans_ = null;
    }
  }

  override render(): TemplateResult {
    const { holder, held } = this.device.turn;
    const off = this.busy_ || live.connection.value.kind !== 'online' ? 'true' : 'false';
    const mine = holder !== null && holder.id === this.me;
    return html`<section aria-labelledby="title">
        <h3 id="title">Moderate</h3>
        <button class="slim" aria-disabled=${holder ? off : 'true'} @click=${() => holder && this.act(holder, 'skip')}>
          Skip this turn
        </button>
        ${held
          ? html`<button
              class="slim primary"
              aria-disabled=${off}
              @click=${() => void this.run(() => this.moderation_.release(), 'The line goes on.')}
            >
              Release the line
            </button>`
          : html`<button class="slim" aria-disabled=${off} @click=${this.hold}>Hold the line…</button>`}
        ${mine
          ? nothing
          : html`<button class="slim" aria-disabled=${this.drivable ? off : 'true'} @click=${this.takeOver}>
              Take over${holder ? '…' : ''}
            </button>`}
        <button class="slim" @click=${this.showBans}>Bans…</button>
      </section>
      <rh-moderation-dialog></rh-moderation-dialog>
      <dialog class="bans wide" aria-labelledby="bans" @close=${() => (this.bans_ = null)}>
        ${this.bans_
          ? html`<div class="inside">
              <h2 id="bans">Kept away from ${this.device.name || this.device.id}</h2>
              <rh-moderation-bans .bans=${this.bans_}></rh-moderation-bans>
              <div class="actions"><button @click=${() => this.bans_dialog_.close()}>Close</button></div>
            </div>`
          : nothing}
      </dialog>`;
  }

  /** What was chosen about somebody in the line. */
  act(person: PersonRef, act: PersonAct): void {
    if (act === 'skip') void this.run(() => this.moderation_.skip(person), `The turn of ${person.name} is over.`);
    if (act === 'remove')
      void this.run(() => this.moderation_.remove(person.id), `${person.name} is no longer in the line.`);
    if (act === 'ban') this.ban(person);
  }

  private get drivable(): boolean {
    return this.device.presence === 'online' && !lacksPlugin(this.device);
  }

  private get me(): string {
    return session.state.value.info?.person?.id ?? '';
  }

  private ban(person: PersonRef): void {
    this.asking_.open({
      title: `Keep ${person.name} away from ${this.device.name || this.device.id}?`,
      text: `${person.name} leaves the line or the turn at once, and may still watch. The ban ends by itself, and can be lifted.`,
      yes: 'Keep away',
      example: 'Drove against the shelf',
      timed: true,
      danger: true,
      act: async (reason, for_ms) => {
        await this.moderation_.ban(person.id, for_ms, reason);
        toasts.say(`${person.name} is kept away for a while.`);
      },
    });
  }

  private hold(): void {
    if (live.connection.value.kind !== 'online') return;
    this.asking_.open({
      title: 'Hold the line?',
      text: 'The present turn goes on to its end. After it nobody gets a turn until the line is released. Everybody here sees who holds it, and why.',
      yes: 'Hold the line',
      example: 'Cleaning the lens',
      timed: false,
      danger: false,
      act: async (reason) => {
        await this.moderation_.hold(reason);
        toasts.say('The line is held.', () => void this.run(() => this.moderation_.release(), 'The line goes on.'));
      },
    });
  }

  private async takeOver(): Promise<void> {
    const { device } = this;
    const question = takeOverQuestion(device.turn, this.me, device.name || device.id);
    if (!this.drivable || (question && !(await questions.ask(question)))) return;
    await this.run(() => this.moderation_.takeOver(), 'The turn is yours.');
  }

  private showBans(): void {
    this.bans_ = new BansStore(this.device.id);
    void this.updateComplete.then(() => openModal(this.bans_dialog_));
  }

  private async run(act: () => Promise<void>, done: string): Promise<void> {
    if (this.busy_ || live.connection.value.kind !== 'online') return;
    this.busy_ = true;
    try {
      await act();
      toasts.say(done);
    } catch (error) {
      toasts.complain(asProblem(error).detail);
    }
    this.busy_ = false;
  }
}
