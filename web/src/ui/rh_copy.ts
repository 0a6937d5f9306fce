import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { announcements } from '../app.ts';
import { icons } from './icons.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';

/** A command or a secret in full, with a button that copies it. Where the clipboard is closed to us the text is selected. */
@customElement('rh-copy')
export class RhCopy extends LitElement {
  static override styles = [
    base,
    controls,
    css`
      .box {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        align-items: start;
        border-radius: var(--rh-radius-small);
        background: var(--rh-sunken);
      }
      pre {
        margin: 0;
        padding: 0.75rem 0 0.75rem 1rem;
        max-height: 16rem;
        overflow: auto;
        font: 0.875rem/1.5 var(--rh-mono);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      button {
        min-width: 5.75rem;
        margin: 0.125rem;
      }
    `,
  ];

  @property() text = '';
  /** What is copied, for a screen reader: "the token". */
  @property() what = 'the text';
  @state() private said_ = '';
  @query('pre') private readonly pre_!: HTMLElement;
  @query('button') private readonly button_!: HTMLButtonElement;
  private timer_: ReturnType<typeof setTimeout> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer_);
  }

  override render(): TemplateResult {
    return html`<div class="box">
      <pre tabindex="0" role="group" aria-label=${this.what}>${this.text}</pre>
      <button class="quiet slim" aria-label="Copy ${this.what}" @click=${this.copy}>
        ${this.said_ === 'Copied' ? icons.check : icons.copy}${this.said_ || 'Copy'}
      </button>
    </div>`;
  }

  private async copy(): Promise<void> {
    let said = 'Copied';
    try {
      await navigator.clipboard.writeText(this.text);
    } catch {
      // Without TLS a browser has no clipboard for us: the older way, and else the selection for the person's own keys.
      this.select();
      said = this.copySelection() ? 'Copied' : 'Selected';
    }
    this.said_ = said;
    announcements.say(
      said === 'Copied' ? `Copied ${this.what}.` : `Selected ${this.what}; copy it with your keyboard.`,
    );
    clearTimeout(this.timer_);
    this.timer_ = setTimeout(() => (this.said_ = ''), 2500);
  }

  private select(): void {
    getSelection()?.selectAllChildren(this.pre_);
  }

  private copySelection(): boolean {
    const area = document.createElement('textarea');
    area.value = this.text;
    area.setAttribute('aria-hidden', 'true');
    // Inside the dialog that is open, if any: outside of it nothing can be selected.
    this.pre_.append(area);
    area.select();
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way there is on a page without TLS
    const copied = document.execCommand('copy');
    area.remove();
    this.button_.focus();
    return copied;
  }
}
