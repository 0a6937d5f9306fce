import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { announcements, drivingTab, live, rights, session, turns } from '../app.ts';
import { asProblem } from '../net/http.ts';
import { devicePath, signInPath } from '../router.ts';
import type { KnownDevice } from '../state/devices.ts';
import { choicesFor, type PersonAct } from '../state/moderation.ts';
import { describeTurn, heldText, type TurnView } from '../state/turn_view.ts';
import { Follow, Tick } from './follow.ts';
import { ignoreRepeat, ignoreSpace, KeepPlace } from './keep_place.ts';
import type { RhModeration } from './rh_moderation.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';

/** What only moderators see comes when the first of them is here. */
let moderation: Promise<unknown> | null = null;
function fetchModeration(): void {
  moderation ??= Promise.all([import('./rh_moderation.ts'), import('./rh_moderation_menu.ts')]).catch(() => {
    // The hub is away: tried again after a while.
    setTimeout(() => (moderation = null), 5000);
  });
}

/** Whose turn it is, how long still, and my place: join, leave, give back. */
@customElement('rh-turn-bar')
export class RhTurnBar extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    css`
      .bar {
        position: relative;
        display: flex;
        align-items: center;
        gap: 0.75rem 1.25rem;
        min-height: 4.75rem;
        padding: 0.75rem 1.25rem;
        overflow: hidden;
      }
      .bar.mine {
        background: var(--rh-accent-soft);
        border-color: var(--rh-accent);
      }
      .bar.ending {
        background: var(--rh-warn-soft);
        border-color: var(--rh-warn-text);
      }
      .words {
        min-width: 0;
        margin-right: auto;
      }
      .title {
        font-size: 1.1875rem;
        font-weight: 680;
        line-height: 1.3;
        letter-spacing: -0.01em;
      }
      .detail {
        color: var(--rh-muted);
        font-size: 0.9375rem;
        line-height: 1.4;
        overflow-wrap: anywhere;
      }
      .mine .detail,
      .mine .title {
        color: var(--rh-accent-text);
      }
      .ending .detail,
      .ending .title,
      .ending .clock {
        color: var(--rh-warn-text);
      }
      .clock {
        flex: none;
        min-width: 3.75rem;
        color: var(--rh-accent-text);
        font-size: 1.75rem;
        font-weight: 700;
        line-height: 1;
        letter-spacing: -0.02em;
        text-align: right;
      }
      button,
      .button {
        flex: none;
      }
      .gone {
        position: absolute;
        left: 0;
        bottom: 0;
        width: 100%;
        height: 4px;
        background: var(--rh-accent);
        transform-origin: left;
      }
      .ending .gone {
        background: var(--rh-warn-text);
      }
      .line {
        display: flex;
        flex-wrap: wrap;
        gap: 0.375rem;
        min-height: 1.75rem;
        margin: 0.625rem 0 0;
        padding: 0 0.25rem;
        list-style: none;
      }
      .line li:has(rh-moderation-menu) {
        padding-right: 0.125rem;
      }
      .held {
        margin-bottom: 0.625rem;
        font-weight: 550;
        overflow-wrap: anywhere;
      }
      @media (max-width: 40rem) {
        .bar {
          gap: 0.75rem;
          min-height: 5.5rem;
          padding: 0.625rem 0.875rem;
        }
        button,
        .button {
          padding: 0.5rem 0.75rem;
        }
        .title {
          font-size: 1.0625rem;
        }
        .clock {
          min-width: 3rem;
          font-size: 1.5rem;
        }
        .detail {
          font-size: 0.875rem;
        }
      }
    `,
  ];

  @property({ attribute: false }) known!: KnownDevice;
  @state() private wrong_ = '';
  @state() private busy_ = false;
  @query('rh-moderation') private readonly moderation_!: RhModeration | null;
  @query('.gone') private readonly gone_!: HTMLElement | null;
  private whole_ms_ = 0;
  private told_ = '';

  constructor() {
    super();
    new Follow(
      this,
      turns.state,
      drivingTab.driving,
      drivingTab.elsewhere,
      rights.state,
      session.state,
      live.connection,
    );
    new Tick(this);
    // Not the button that comes in its place: a second press of Enter would give back the turn that the first one took.
    new KeepPlace(this, '.title');
  }

  override render(): TemplateResult {
    const view = this.view();
    const { held } = this.known.device.turn;
    return html`
      ${held ? html`<p class="note warn held">${heldText(held)}</p>` : nothing}
      <section class="card bar ${view.tone}" aria-label="Turn" @keydown=${ignoreRepeat}>
        <div class="words">
          <h2 class="title" tabindex="-1" @keydown=${ignoreSpace}>${view.title}</h2>
          <p class="detail number">${this.wrong_ || view.detail}</p>
        </div>
        ${view.clock === null ? nothing : html`<span class="clock number" role="timer">${view.clock}</span>`}
        ${this.action(view)} ${view.left === null ? nothing : html`<div class="gone"></div>`}
      </section>
      <ol class="line" aria-label="Who drives and who waits">
        ${repeat(
          view.people,
          ({ id }) => id,
          (person) => this.person(person),
        )}
      </ol>
      ${this.moderates ? html`<rh-moderation .device=${this.known.device}></rh-moderation>` : nothing}
    `;
  }

  private get moderates(): boolean {
    return rights.of(this.known.device.id).moderate === true;
  }

  private person(person: TurnView['people'][number]): TemplateResult {
    const { name, role, me } = person;
    const drives = role === 'driving';
    const mine = session.state.value.info?.person?.id ?? '';
    const choices = this.moderates ? choicesFor(person, drives, mine) : [];
    return html`<li class="badge ${drives ? 'accent' : 'plain'}">
      ${drives ? 'Driving: ' : `${role}. `}${name}${me ? ' (you)' : ''}
      ${choices.length > 0
        ? html`<rh-moderation-menu
            .name=${name}
            .choices=${choices}
            @act=${(event: CustomEvent<PersonAct>) => this.moderation_?.act(person, event.detail)}
          ></rh-moderation-menu>`
        : nothing}
    </li>`;
  }

  protected override updated(): void {
    if (this.moderates) fetchModeration();
    const view = this.view();
    if (view.left === null) {
      this.whole_ms_ = 0;
    } else {
      this.whole_ms_ = Math.max(this.whole_ms_, view.left);
      this.gone_?.style.setProperty('transform', `scaleX(${(view.left / this.whole_ms_).toFixed(4)})`);
    }
    this.announce(view);
  }

  private view(): TurnView {
    const { device, at } = this.known;
    return describeTurn({
      device,
      at,
      now: performance.now(),
      me: session.state.value.info?.person?.id ?? '',
      canPlay: rights.of(device.id).play,
      account: session.state.value.info?.person?.kind === 'account',
      mine: turns.of(device.id),
      drivesHere: turns.drivesHere(device.id),
      elsewhere: drivingTab.elsewhere.value.has(device.id),
      connected: !live.lost,
    });
  }

  private action(view: TurnView): TemplateResult | typeof nothing {
    const off = this.busy_ || live.connection.value.kind !== 'online' ? 'true' : 'false';
    const { id } = this.known.device;
    const join = (event: MouseEvent): Promise<void> => this.run(event, () => turns.join(id));
    const leave = (event: MouseEvent): Promise<void> => this.run(event, () => turns.leave(id));
    switch (view.action) {
      case 'join':
        return html`<button class="primary" aria-disabled=${off} @click=${join}>
          ${view.free ? 'Drive now' : 'Join the line'}
        </button>`;
      case 'leave':
        return html`<button aria-disabled=${off} @click=${leave}>Leave</button>`;
      case 'give-back':
        return html`<button aria-disabled=${off} @click=${leave}>Give back</button>`;
      case 'take-over':
        return html`<button class="primary" @click=${() => turns.takeOver(id)}>Drive from here</button>`;
      case 'sign-in':
        return html`<a class="button" href=${signInPath(devicePath(id))}>Sign in</a>`;
      case 'none':
        return nothing;
    }
  }

  private async run(event: MouseEvent, act: () => Promise<void>): Promise<void> {
    // The second click of a double click on "Drive now" finds "Give back" in its place.
    if (event.detail > 1 || this.busy_ || live.connection.value.kind !== 'online') return;
    this.busy_ = true;
    this.wrong_ = '';
    try {
      await act();
    } catch (error) {
      this.wrong_ = asProblem(error).detail;
      announcements.interrupt(this.wrong_);
    }
    this.busy_ = false;
  }

  /** Tells a screen reader each change of state, not each second. */
  private announce(view: TurnView): void {
    if (view.spoken === '' || view.spoken === this.told_) return;
    const first = this.told_ === '';
    this.told_ = view.spoken;
    if (!first || view.tone !== '') announcements.say(view.spoken);
    if (!first) this.wrong_ = '';
  }
}
