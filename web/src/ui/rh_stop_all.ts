import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { announcements, devices, stops } from '../app.ts';
import { Follow } from './follow.ts';
import { icons } from './icons.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';

/** How long after a press the outcome is told. */
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

  private told_until_ = 0;
  private releaseList_: (() => void) | null = null;

  constructor() {
    super();
    new Follow(this, stops.presses, devices.state);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.endTelling();
  }

  override render(): TemplateResult {
    return html`<button aria-label="Stop all devices" @click=${this.press}>${icons.stop}STOP ALL</button
      >${this.outcome()}`;
  }

  private outcome(): TemplateResult {
    if (performance.now() > this.told_until_) return html``;
    const press = stops.presses.value.get('*');
    if (press?.phase === 'unheard') return html`<p class="danger">The stop did NOT reach the hub. ${press.detail}</p>`;
    const list = [...devices.state.value.byId.values()];
    const confirmed = list.filter(({ device }) => device.stop.state === 'confirmed').length;
    const unconfirmed = list.filter(({ device }) => device.stop.state === 'unconfirmed').length;
    if (press?.phase !== 'heard' || confirmed + unconfirmed < list.length) return html`<p>Stopping all devices…</p>`;
    if (unconfirmed > 0) {
      return html`<p class="danger">${confirmed} of ${list.length} confirmed; ${unconfirmed} NOT confirmed.</p>`;
    }
    return html`<p>All ${list.length} confirmed.</p>`;
  }

  private async press(): Promise<void> {
    this.told_until_ = performance.now() + telling_ms;
    this.releaseList_ ??= devices.watchList();
    setTimeout(() => {
      if (performance.now() >= this.told_until_) this.endTelling();
    }, telling_ms + 50);
    announcements.interrupt('Stopping all devices.');
    await stops.pressAll();
    const press = stops.presses.value.get('*');
    if (press?.phase === 'unheard') announcements.interrupt(`The stop did not reach the hub. ${press.detail}`);
  }

  private endTelling(): void {
    this.told_until_ = 0;
    this.releaseList_?.();
    this.releaseList_ = null;
    this.requestUpdate();
  }
}
