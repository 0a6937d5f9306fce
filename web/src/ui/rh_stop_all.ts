import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { announcements, devices, live, stops } from '../app.ts';
import { describeStopAll } from '../state/stop.ts';
import { Follow } from './follow.ts';
import { icons } from './icons.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';

/** How long after a press the outcome is told; that the hub does not have it, for as long as that is so. */
const telling_ms = 12000;

/** Stops every device. No question asked first: a needless stop costs little. */
@customElement('rh-stop-all')
export class RhStopAll extends LitElement {
  static override styles = [
    base,
    controls,
    css`
      :host {
        position: relative;
      }
      button {
        border-color: transparent;
        background: var(--rh-stop);
        color: var(--rh-on-stop);
        font-weight: 750;
        letter-spacing: 0.03em;
        white-space: nowrap;
        padding: 0.5rem 1rem;
      }
      button:hover {
        background: var(--rh-stop-hover);
      }
      p {
        position: absolute;
        top: calc(100% + 0.5rem);
        right: 0;
        width: max-content;
        max-width: min(20rem, calc(100vw - 2rem));
        padding: 0.625rem 0.875rem;
        border-radius: var(--rh-radius-small);
        border: 1px solid var(--rh-line);
        background: var(--rh-surface);
        box-shadow: var(--rh-shadow);
        font-size: 0.9375rem;
        font-weight: 600;
      }
      p.danger {
        color: var(--rh-danger-text);
      }
    `,
  ];

  private telling_: ReturnType<typeof setTimeout> | undefined;
  private announced_ = '';
  private releaseList_: (() => void) | null = null;

  constructor() {
    super();
    new Follow(this, stops.presses, devices.state, live.connection);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.endTelling();
  }

  override render(): TemplateResult {
    const outcome = this.outcome();
    return html`<button aria-label="Stop all devices" @click=${this.press}>${icons.stop}STOP ALL</button>${outcome
        ? html`<p class=${outcome.tone}>${outcome.text}</p>`
        : nothing}`;
  }

  /** A screen reader hears each outcome that the eye sees. */
  protected override updated(): void {
    const text = this.outcome()?.text ?? '';
    if (text === this.announced_) return;
    this.announced_ = text;
    if (!text) return;
    announcements.interrupt(text);
    // Each outcome is told for its whole time, however late it comes.
    this.tell();
  }

  private outcome(): ReturnType<typeof describeStopAll> | null {
    if (!this.releaseList_) return null;
    const { listed, byId } = devices.state.value;
    const list = [...byId.values()].map(({ device }) => device);
    return describeStopAll(listed && !live.lost, list, stops.presses.value.get('*'));
  }

  private press(): void {
    this.announced_ = '';
    this.tell();
    this.requestUpdate();
    stops.pressAll();
  }

  private tell(): void {
    this.releaseList_ ??= devices.watchList();
    clearTimeout(this.telling_);
    this.telling_ = setTimeout(() => {
      if (stops.presses.value.get('*')?.phase === 'unheard') this.tell();
      else this.endTelling();
    }, telling_ms);
  }

  private endTelling(): void {
    clearTimeout(this.telling_);
    this.releaseList_?.();
    this.releaseList_ = null;
    this.requestUpdate();
  }
}
