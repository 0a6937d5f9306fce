import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { hubTime } from '../app.ts';
import type { Capture } from '../protocol_media.ts';
import { capturePath, isUnfinished } from '../state/captures.ts';
import { describeCapture, gapsText, triggerText } from '../text/captures.ts';
import { momentText } from '../text/time.ts';
import { Tick } from './follow.ts';
import { icons } from './icons.ts';
import './rh_when.ts';
import { base } from './styles/base.ts';
import { surfaces } from './styles/surfaces.ts';

/** A picture that did not come is asked for again after this long, then after twice that, and so on. */
const again_ms = 2000;
const most_tries = 5;

/** One capture of the gallery. Fires `choose` when it is to be looked at. */
@customElement('rh-capture-card')
export class RhCaptureCard extends LitElement {
  static override styles = [
    base,
    surfaces,
    css`
      :host {
        height: 100%;
      }
      article {
        position: relative;
        overflow: hidden;
        height: 100%;
      }
      article:hover {
        border-color: var(--rh-outline);
      }
      article:focus-within {
        outline: 3px solid var(--rh-focus);
        outline-offset: 2px;
      }
      .picture {
        position: relative;
        display: grid;
        place-items: center;
        aspect-ratio: 16 / 9;
        background: #0b0d10;
        color: #b6bfca;
      }
      .picture > svg {
        width: 2.25rem;
        height: 2.25rem;
      }
      img {
        position: absolute;
        inset: 0;
        width: 100%;
        height: 100%;
        object-fit: contain;
      }
      .play {
        position: absolute;
        right: 0.625rem;
        bottom: 0.625rem;
        display: grid;
        place-items: center;
        width: 2rem;
        height: 2rem;
        border-radius: 50%;
        background: rgb(8 9 11 / 72%);
        color: #fff;
      }
      .badge {
        position: absolute;
        left: 0.625rem;
        top: 0.625rem;
      }
      .words {
        display: grid;
        gap: 0.125rem;
        padding: 0.625rem 0.875rem 0.75rem;
        font-size: 0.875rem;
      }
      .first {
        display: flex;
        align-items: baseline;
        justify-content: space-between;
        gap: 0.75rem;
      }
      rh-when {
        flex: none;
        color: var(--rh-muted);
      }
      h3 {
        min-width: 0;
      }
      button {
        padding: 0;
        border: 0;
        background: none;
        color: inherit;
        font: inherit;
        text-align: left;
        cursor: pointer;
        outline: none;
      }
      button::after {
        content: '';
        position: absolute;
        inset: 0;
      }
      .line {
        overflow-wrap: anywhere;
      }
      .danger-text {
        color: var(--rh-danger-text);
      }
      .warn-text {
        color: var(--rh-warn-text);
      }
    `,
  ];

  @property({ attribute: false }) capture!: Capture;
  /** What its device is called; '' where that is plain. */
  @property() where = '';
  @state() private pictureless_ = false;
  private tries_ = 0;
  private retry_: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    new Tick(this, () => isUnfinished(this.capture));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.askAnew();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.retry_);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('capture');
    if (before && (before.id !== this.capture.id || before.state !== this.capture.state)) this.askAnew();
  }

  /** Something has changed, as when the hub is back: its picture may come now. */
  askAnew(): void {
    clearTimeout(this.retry_);
    this.tries_ = 0;
    this.pictureless_ = false;
  }

  /** The browser does not say whether there is none, or the hub was away or busy for a moment. */
  private lacked(): void {
    this.pictureless_ = true;
    if (this.tries_ >= most_tries) return;
    this.retry_ = setTimeout(() => (this.pictureless_ = false), again_ms * 2 ** this.tries_);
    this.tries_ += 1;
  }

  override render(): TemplateResult {
    const { id, trigger, started_ms, state, kind, gaps } = this.capture;
    const { badge, line, tone } = describeCapture(this.capture, hubTime.now());
    const ready = state === 'ready';
    const missing = gapsText(gaps);
    const title = triggerText(trigger);
    return html`<article class="card">
      <div class="picture">
        ${ready && !this.pictureless_
          ? html`<img
              src=${capturePath(id, 'still.jpg')}
              alt=""
              loading="lazy"
              decoding="async"
              @error=${this.lacked}
            />`
          : state === 'failed'
            ? icons.ban
            : icons.film}
        ${ready && kind === 'video' ? html`<span class="play">${icons.play}</span>` : nothing}
        ${badge ? html`<span class="badge ${tone === 'danger' ? 'danger' : 'warn'}">${badge}</span>` : nothing}
      </div>
      <div class="words">
        <div class="first">
          <h3>
            <button
              aria-label="${title}${this.where ? `, ${this.where}` : ''}, ${momentText(started_ms)}"
              @click=${() => this.dispatchEvent(new CustomEvent('choose'))}
            >
              ${title}
            </button>
          </h3>
          <rh-when .at=${started_ms}></rh-when>
        </div>
        ${this.where ? html`<p class="line">${this.where}</p>` : nothing}
        <p class="line number ${tone === 'danger' ? 'danger-text' : 'muted'}">${line}</p>
        ${missing && state !== 'failed' ? html`<p class="line warn-text">${missing}</p>` : nothing}
      </div>
    </article>`;
  }
}
