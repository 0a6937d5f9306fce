import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { announcements, toasts } from '../app.ts';
import { Follow } from './follow.ts';
import { innermost, open_dialogs } from './open_modal.ts';
import './rh_toast.ts';
import { base } from './styles/base.ts';

/**
 * Toasts and the voice for screen readers. The page has one, and each dialog one more: what is outside of an open dialog
 * lies behind it and is not read. Only the innermost speaks.
 */
@customElement('rh-feedback')
export class RhFeedback extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: contents;
      }
      .unseen {
        position: fixed;
        bottom: 0;
      }
    `,
  ];

  @state() private polite_ = '';
  @state() private urgent_ = '';
  private releases_: (() => void)[] = [];

  constructor() {
    super();
    new Follow(this, open_dialogs, toasts.shown);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // Taken when it is said, and never later: an old sentence must not be read again when a dialog opens or closes.
    this.releases_ = [
      announcements.polite.subscribe(() => this.speaks() && (this.polite_ = announcements.polite.value)),
      announcements.urgent.subscribe(() => this.speaks() && (this.urgent_ = announcements.urgent.value)),
    ];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const release of this.releases_) release();
  }

  override render(): TemplateResult {
    return html`
      <rh-toast ?away=${!this.speaks()}></rh-toast>
      <div class="unseen" role="status" aria-live="polite">${this.polite_}</div>
      <div class="unseen" role="alert" aria-live="assertive">${this.urgent_}</div>
    `;
  }

  private speaks(): boolean {
    return innermost() === this.closest('dialog');
  }
}
