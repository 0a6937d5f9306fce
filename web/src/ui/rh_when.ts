import { html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { hubTime } from '../app.ts';
import { dateTimeText, whenText } from '../text/time.ts';
import { Follow } from './follow.ts';

const refresh_ms = 20000;

/** A moment as people say it ("5 min ago", "in 3 days"), kept true; the exact one is its title. */
@customElement('rh-when')
export class RhWhen extends LitElement {
  /** The hub's wall clock, milliseconds since 1970. */
  @property({ type: Number }) at = 0;
  private timer_: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    new Follow(this, hubTime.shifts);
  }

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
      >${whenText(this.at - hubTime.now())}</time
    >`;
  }
}
