import { html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { dateTimeText, whenText } from '../text/time.ts';

const refresh_ms = 20000;

/** A moment as people say it ("5 min ago", "in 3 days"), kept true; the exact one is its title. */
@customElement('rh-when')
export class RhWhen extends LitElement {
  /** Wall clock, milliseconds since 1970. */
  @property({ type: Number }) at = 0;
  private timer_: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer_ = setInterval(() => this.requestUpdate(), refresh_ms);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer_);
  }

  override render(): TemplateResult {
    const date = new Date(this.at);
    return html`<time datetime=${date.toISOString()} title=${dateTimeText(this.at)}
      >${whenText(this.at - Date.now())}</time
    >`;
  }
}
