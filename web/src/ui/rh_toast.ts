import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { toasts } from '../app.ts';
import { Follow } from './follow.ts';
import { icons } from './icons.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';

/** What was just done, with the way to take it back. */
@customElement('rh-toast')
export class RhToast extends LitElement {
  static override styles = [
    base,
    controls,
    css`
      :host {
        position: fixed;
        inset: auto 0 max(1rem, env(safe-area-inset-bottom)) 0;
        z-index: 35;
        display: flex;
        justify-content: center;
        padding: 0 1rem;
        pointer-events: none;
      }
      /* The lower edge belongs to STOP there. */
      @media (max-width: 56rem) {
        :host {
          inset: calc(4.25rem + env(safe-area-inset-top)) 0 auto 0;
        }
      }
      .toast {
        display: flex;
        align-items: center;
        gap: 0.5rem;
        max-width: 36rem;
        padding: 0.25rem 0.25rem 0.25rem 1.125rem;
        border-radius: var(--rh-radius-small);
        background: var(--rh-text);
        color: var(--rh-bg);
        box-shadow: var(--rh-shadow);
        font-size: 0.9375rem;
        pointer-events: auto;
      }
      .toast.danger {
        background: var(--rh-stop);
        color: var(--rh-on-stop);
      }
      .toast span {
        padding: 0.5rem 0;
        overflow-wrap: anywhere;
      }
      .toast button {
        flex: none;
        color: inherit;
      }
      .toast button:hover {
        background: rgb(128 128 128 / 30%);
      }
      .toast .close {
        width: 2.75rem;
        padding: 0;
      }
    `,
  ];

  /** Another one shows it: this one lies behind a dialog. */
  @property({ type: Boolean }) away = false;

  constructor() {
    super();
    new Follow(this, toasts.shown);
  }

  override render(): TemplateResult {
    const toast = this.away ? null : toasts.shown.value;
    return html`<div role="status" aria-live="polite">
      ${toast
        ? html`<div
            class="toast ${toast.danger ? 'danger' : ''}"
            @pointerenter=${() => toasts.hold()}
            @pointerleave=${() => toasts.release()}
            @focusin=${() => toasts.hold()}
            @focusout=${() => toasts.release()}
          >
            <span>${toast.text}</span>
            ${toast.undo ? html`<button class="quiet" @click=${() => toasts.undo()}>Undo</button>` : nothing}
            <button class="quiet close" aria-label="Dismiss" @click=${() => toasts.dismiss()}>${icons.close}</button>
          </div>`
        : nothing}
    </div>`;
  }
}
