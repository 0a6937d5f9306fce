import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { announcements, live, rights, session, stops, turns } from '../app.ts';
import { asProblem } from '../net/http.ts';
import type { Device, TypeInfo } from '../protocol.ts';
import { describeStop, mayReset, type StopView } from '../state/stop.ts';
import { halt_notices, haltOf } from '../text/links.ts';
import { Follow } from './follow.ts';
import { icons } from './icons.ts';
import { ignoreRepeat, KeepPlace } from './keep_place.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';

/** Two presses of Escape within this time are a stop; one alone still closes menus. */
const double_press_ms = 900;

/** The device's STOP: one press, no question, and an honest account of what the device has confirmed. */
@customElement('rh-stop-button')
export class RhStopButton extends LitElement {
  static override styles = [
    base,
    controls,
    css`
      section {
        display: grid;
        gap: 0.625rem;
      }
      .stop {
        min-height: 4rem;
        width: 100%;
        border: 0;
        border-radius: var(--rh-radius);
        background: var(--rh-stop);
        color: var(--rh-on-stop);
        font-size: 1.375rem;
        font-weight: 800;
        letter-spacing: 0.08em;
        box-shadow: inset 0 -3px 0 rgb(0 0 0 / 22%);
      }
      .stop:hover {
        background: var(--rh-stop-hover);
      }
      .stop:active {
        box-shadow: inset 0 3px 0 rgb(0 0 0 / 22%);
      }
      .stop svg {
        width: 1.75rem;
        height: 1.75rem;
      }
      .state {
        display: flex;
        align-items: center;
        gap: 0.75rem;
        padding: 0.625rem 0.875rem;
        border-radius: var(--rh-radius-small);
        background: var(--rh-sunken);
      }
      .state div {
        margin-right: auto;
      }
      .state strong {
        display: block;
        line-height: 1.3;
      }
      .state span {
        display: block;
        font-size: 0.875rem;
        line-height: 1.35;
      }
      .promise {
        padding: 0.625rem 0.875rem;
        border-radius: var(--rh-radius-small);
        background: var(--rh-warn-soft);
        color: var(--rh-warn-text);
        font-size: 0.9375rem;
        font-weight: 600;
        line-height: 1.35;
      }
      .promise.none {
        background: var(--rh-danger-soft);
        color: var(--rh-danger-text);
      }
      .busy {
        background: var(--rh-warn-soft);
        color: var(--rh-warn-text);
      }
      .danger {
        background: var(--rh-danger-soft);
        color: var(--rh-danger-text);
      }
      .safe {
        background: var(--rh-ok-soft);
        color: var(--rh-ok-text);
      }
      kbd {
        padding: 0 0.3125rem;
        border: 1px solid var(--rh-outline);
        border-radius: 4px;
        font: 600 0.75rem/1.4 var(--rh-mono);
      }
      @media (max-width: 56rem) {
        :host {
          position: fixed;
          left: 0;
          right: 0;
          bottom: 0;
          z-index: 20;
          padding: 0.5rem max(0.75rem, env(safe-area-inset-right)) calc(0.5rem + env(safe-area-inset-bottom))
            max(0.75rem, env(safe-area-inset-left));
          background: var(--rh-surface);
          border-top: 1px solid var(--rh-line);
        }
        section {
          gap: 0.5rem;
          max-width: 40rem;
          margin: 0 auto;
        }
        .stop {
          min-height: 3.5rem;
          order: 2;
        }
        .promise {
          padding: 0.375rem 0.75rem;
          font-size: 0.8125rem;
        }
        .keys {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) device!: Device;
  /** What the device can do; null while it is not known. */
  @property({ attribute: false }) type: TypeInfo | null = null;
  @state() private wrong_ = '';
  private escaped_at_ = -Infinity;
  private told_ = '';

  constructor() {
    super();
    new Follow(this, stops.presses, turns.state, rights.state, session.state, live.connection);
    new KeepPlace(this, '.stop');
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('keydown', this.key, { capture: true });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('keydown', this.key, { capture: true });
  }

  override render(): TemplateResult {
    const view = this.view();
    const name = this.device.name || this.device.id;
    const halt = haltOf(this.device);
    return html`<section aria-label="Stop">
      ${halt === 'local' ? nothing : html`<p id="promise" class="promise ${halt}">${halt_notices[halt]}</p>`}
      <button
        class="stop"
        aria-label="Stop ${name}"
        aria-describedby=${halt === 'local' ? 'keys' : 'promise keys'}
        @click=${this.press}
        @keydown=${ignoreRepeat}
      >
        ${icons.stop}STOP
      </button>
      <p id="keys" class="hint keys">From the keyboard: <kbd>Esc</kbd> twice.</p>
      ${view.tone === 'idle'
        ? nothing
        : html`<div class="state ${view.tone}">
            <div>
              <strong>${view.title}</strong><span>${view.detail}</span>
              ${this.wrong_ ? html`<span>Not reset: ${this.wrong_}</span>` : nothing}
            </div>
            ${this.mayReset() ? html`<button @click=${this.reset}>Reset</button>` : nothing}
          </div>`}
    </section>`;
  }

  protected override updated(): void {
    const { tone, title, detail } = this.view();
    const text = tone === 'idle' ? '' : `${title}. ${detail}`;
    if (text === this.told_) return;
    // What was refused belongs to the stop as it was.
    this.wrong_ = '';
    if (text) announcements.interrupt(text);
    else if (this.told_) announcements.say('The stop is reset.');
    this.told_ = text;
  }

  private view(): StopView {
    return describeStop(this.device, this.device.stop, stops.presses.value.get(this.device.id), live.lost);
  }

  private mayReset(): boolean {
    const { id } = this.device;
    return mayReset(this.device, rights.of(id), turns.of(id).state === 'active', this.type);
  }

  private readonly key = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.repeat) {
      if (event.key !== 'Escape') this.escaped_at_ = -Infinity;
      return;
    }
    const twice = event.timeStamp - this.escaped_at_ <= double_press_ms;
    this.escaped_at_ = twice ? -Infinity : event.timeStamp;
    if (twice) this.press();
  };

  /** Presses STOP, as a click would. */
  press(): void {
    this.wrong_ = '';
    stops.press(this.device.id);
  }

  private async reset(): Promise<void> {
    this.wrong_ = '';
    try {
      await stops.reset(this.device.id);
    } catch (error) {
      this.wrong_ = asProblem(error).detail;
      announcements.interrupt(`Not reset: ${this.wrong_}`);
    }
  }
}
