import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { hubTime } from '../app.ts';
import type { LoggedEvent } from '../state/watch.ts';
import { dateTimeText, eventTimeText } from '../text/time.ts';
import { Follow } from './follow.ts';
import { base } from './styles/base.ts';

const words = { info: '', warning: 'Warning: ', error: 'Error: ' };

/** What has happened at the device, newest first. */
@customElement('rh-event-log')
export class RhEventLog extends LitElement {
  static override styles = [
    base,
    css`
      .log {
        max-height: 18rem;
        overflow-y: auto;
      }
      ol {
        margin: 0;
        padding: 0;
        list-style: none;
        font-size: 0.875rem;
        line-height: 1.45;
      }
      li {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 0.75rem;
        padding: 0.375rem 0;
        overflow-wrap: anywhere;
      }
      li + li {
        border-top: 1px solid var(--rh-line);
      }
      time {
        color: var(--rh-muted);
      }
      .warning {
        color: var(--rh-warn-text);
      }
      .error {
        color: var(--rh-danger-text);
      }
    `,
  ];

  @property({ attribute: false }) events: readonly LoggedEvent[] = [];

  constructor() {
    super();
    new Follow(this, hubTime.shifts);
  }

  override render(): TemplateResult {
    if (this.events.length === 0) return html`<p class="muted small">Nothing yet.</p>`;
    return html`<div class="log" role="log" aria-label="Events" aria-live="polite" tabindex="0">
      <ol>
        ${repeat(
          this.events,
          (event) => event.serial,
          (event) =>
            html`<li>
              ${this.time(event.at_ms)} <span class=${event.level}>${words[event.level] ?? ''}${event.text}</span>
            </li>`,
        )}
      </ol>
    </div>`;
  }

  private time(at_ms: number): TemplateResult {
    return html`<time class="number" datetime=${new Date(at_ms).toISOString()} title=${dateTimeText(at_ms)}
      >${eventTimeText(at_ms, hubTime.now())}</time
    >`;
  }
}
