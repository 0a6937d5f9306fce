import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { announcements, live, session } from '../app.ts';
import { Follow, Tick } from './follow.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';

/** How long a first connection may take before anybody is told of it. */
const quiet_ms = 700;
/** So many tries that fail while the hub answers requests are no accident. */
const tries_enough = 3;
const cut_off =
  'The hub answers, but its live connection does not come about. Does a proxy on the way let WebSockets through?';

/** Says when the hub is away and when the page tries again; the page itself stays as it was. */
@customElement('rh-connection')
export class RhConnection extends LitElement {
  static override styles = [
    base,
    controls,
    css`
      :host {
        position: fixed;
        top: 4.25rem;
        left: 0;
        right: 0;
        z-index: 25;
        display: flex;
        justify-content: center;
        padding: 0 1rem;
        pointer-events: none;
      }
      aside {
        display: flex;
        align-items: center;
        gap: 0.75rem;
        min-height: 2.75rem;
        padding: 0.25rem 0.5rem 0.25rem 1.125rem;
        border-radius: 2rem;
        background: var(--rh-warn-soft);
        color: var(--rh-warn-text);
        border: 1px solid currentcolor;
        box-shadow: var(--rh-shadow);
        font-size: 0.9375rem;
        font-weight: 600;
        pointer-events: auto;
      }
      button {
        min-height: 2rem;
        border-radius: 1rem;
        padding: 0.25rem 0.875rem;
        color: inherit;
        border-color: currentcolor;
        background: transparent;
      }
    `,
  ];

  private was_online_ = false;
  private away_since_ = 0;
  private told_ = false;

  constructor() {
    super();
    new Follow(this, live.connection, session.state);
    new Tick(this, () => live.connection.value.kind !== 'online');
    live.connection.subscribe(() => this.announce());
  }

  override render(): TemplateResult | typeof nothing {
    const connection = live.connection.value;
    if (!session.signedIn || connection.kind === 'online' || connection.kind === 'idle') return nothing;
    if (performance.now() - this.away_since_ < quiet_ms) return nothing;
    if (this.cutOff) {
      return html`<aside aria-label="Connection">
        <span>${cut_off}</span><button @click=${() => live.retryNow()}>Try now</button>
      </aside>`;
    }
    if (connection.kind === 'waiting') {
      const seconds = Math.max(1, Math.ceil((connection.retry_at - performance.now()) / 1000));
      return html`<aside class="number" aria-label="Connection">
        <span>Reconnecting… in ${seconds} s</span><button @click=${() => live.retryNow()}>Now</button>
      </aside>`;
    }
    return html`<aside aria-label="Connection">
      <span>${this.was_online_ ? 'Reconnecting…' : 'Connecting…'}</span>
    </aside>`;
  }

  protected override updated(): void {
    if (!this.cutOff || this.told_) return;
    this.told_ = true;
    announcements.interrupt(cut_off);
  }

  /** Requests come through to the hub and this page's live connection never did. */
  private get cutOff(): boolean {
    const connection = live.connection.value;
    if (this.was_online_ || !session.signedIn || session.state.value.problem) return false;
    if (connection.kind === 'connecting') return connection.attempt > tries_enough;
    return connection.kind === 'waiting' && connection.attempt >= tries_enough;
  }

  private announce(): void {
    const connection = live.connection.value;
    const { kind } = connection;
    if (kind === 'online' || kind === 'idle') this.told_ = false;
    if (kind === 'online') {
      if (this.away_since_ > 0 && this.was_online_) announcements.say('Connected again.');
      this.away_since_ = 0;
      this.was_online_ = true;
    } else if (kind === 'idle') {
      this.away_since_ = 0;
      this.was_online_ = false;
    } else if (this.away_since_ === 0) {
      this.away_since_ = performance.now();
      // Changed rights are told by the page itself, and the way back is short.
      const rights = connection.kind === 'waiting' && connection.rights === true;
      if (this.was_online_ && !rights) announcements.interrupt('The connection to the hub is lost. Reconnecting.');
    }
  }
}
