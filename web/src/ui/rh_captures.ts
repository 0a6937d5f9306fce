import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { devices, live } from '../app.ts';
import type { Capture } from '../protocol_media.ts';
import { isUnfinished, type CapturesStore } from '../state/captures.ts';
import { Follow } from './follow.ts';
import { icons } from './icons.ts';
import './rh_capture_card.ts';
import type { RhCaptureCard } from './rh_capture_card.ts';
import './rh_capture_dialog.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

/** What happens at devices that are not watched is asked for so often, while the page is visible. */
const poll_ms = 10_000;
/** A part of a page shows so many. */
export const slim_count = 6;
/** At most so many devices are watched for the sake of captures that are still coming. */
const most_watched = 8;

/** Captures as cards, kept up to date, and the dialog that plays one. */
@customElement('rh-captures')
export class RhCaptures extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    tables,
    css`
      ul {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, var(--card-width, 15rem)), 1fr));
        gap: 1rem;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      .older {
        display: flex;
        justify-content: center;
        margin-top: 1.25rem;
      }
      :host([slim]) .empty {
        padding: 1.25rem 0.5rem;
      }
      .blank {
        aspect-ratio: 4 / 3;
        border-radius: var(--rh-radius);
        background: var(--rh-sunken);
      }
    `,
  ];

  @property({ attribute: false }) captures!: CapturesStore;
  /** The newest ones only, for a part of a page. */
  @property({ type: Boolean, reflect: true }) slim = false;
  @state() private opened_: number | null = null;
  private watched_ = new Map<string, () => void>();
  private timer_: ReturnType<typeof setInterval> | undefined;
  private releases_: (() => void)[] = [];

  constructor() {
    super();
    new Follow(this, devices.state);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer_ = setInterval(() => this.poll(), poll_ms);
    if (this.hasUpdated) this.follow();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer_);
    for (const release of [...this.releases_, ...this.watched_.values()]) release();
    this.releases_ = [];
    this.watched_.clear();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('captures')) this.follow();
  }

  private follow(): void {
    for (const release of this.releases_) release();
    let online = live.connection.value.kind === 'online';
    this.releases_ = [
      this.captures.state.subscribe(() => {
        this.watchUnfinished();
        this.requestUpdate();
      }),
      live.connection.subscribe(() => {
        const now = live.connection.value.kind === 'online';
        if (now && !online) {
          void this.captures.load();
          for (const card of this.renderRoot.querySelectorAll<RhCaptureCard>('rh-capture-card')) card.askAnew();
        }
        online = now;
      }),
    ];
    if (this.captures.state.value.list === null) void this.captures.load();
  }

  private poll(): void {
    const { loading, problem } = this.captures.state.value;
    if (document.visibilityState !== 'visible' || loading) return;
    // Of a device that is watched everything is told.
    if (this.captures.choice.device === '' || problem) void this.captures.load();
  }

  private watchUnfinished(): void {
    const { choice, state } = this.captures;
    const unfinished = (state.value.list ?? []).filter(isUnfinished).map(({ device }) => device);
    const all = choice.device === '' ? unfinished : [choice.device];
    const wanted = new Set([...new Set(all)].slice(0, most_watched));
    for (const [device, release] of [...this.watched_]) {
      if (wanted.has(device)) continue;
      release();
      this.watched_.delete(device);
    }
    for (const device of wanted) if (!this.watched_.has(device)) this.watched_.set(device, devices.watch(device));
  }

  override render(): TemplateResult {
    const { list, next_before, loading, problem } = this.captures.state.value;
    const opened = list?.find(({ id }) => id === this.opened_) ?? null;
    return html`
      ${problem
        ? html`<div class="note danger failed" role="alert">
            <p>${problem.detail}</p>
            <button class="slim" ?disabled=${loading} @click=${() => void this.captures.load()}>Try again</button>
          </div>`
        : nothing}
      ${list
        ? list.length > 0
          ? this.cards(this.slim ? list.slice(0, slim_count) : list)
          : this.none()
        : problem
          ? nothing
          : html`<p class="unseen" role="status">Loading</p>
              <ul aria-hidden="true">
                ${[1, 2, 3].map(() => html`<li class="blank"></li>`)}
              </ul>`}
      ${next_before !== null && !this.slim
        ? html`<div class="older">
            <button ?disabled=${loading} @click=${() => void this.captures.older()}>
              ${loading ? 'Loading…' : 'Show older ones'}
            </button>
          </div>`
        : nothing}
      <rh-capture-dialog
        .capture=${opened}
        @shut=${() => (this.opened_ = null)}
        @gone=${(event: CustomEvent<number>) => this.captures.drop(event.detail)}
      ></rh-capture-dialog>
    `;
  }

  private cards(list: readonly Capture[]): TemplateResult {
    const named = this.captures.choice.device === '';
    return html`<ul aria-label="Captures">
      ${repeat(
        list,
        ({ id }) => id,
        (capture) =>
          html`<li>
            <rh-capture-card
              .capture=${capture}
              .where=${named ? devices.get(capture.device)?.device.name || capture.device : ''}
              @choose=${() => (this.opened_ = capture.id)}
            ></rh-capture-card>
          </li>`,
      )}
    </ul>`;
  }

  private none(): TemplateResult {
    const { trigger } = this.captures.choice;
    return html`<div class="empty">
      ${this.slim ? nothing : icons.film}
      ${trigger === ''
        ? html`<h2>Nothing was captured yet</h2>
            <p class="muted">
              A camera that is armed captures what moves before it, and the command “capture” of devices that have one
              captures what is there now. Who may play keeps pictures, who moderates records what is live.
            </p>`
        : html`<h2>Nothing of this kind was captured</h2>`}
    </div>`;
  }
}
