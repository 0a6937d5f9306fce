import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { PersonAct, PersonChoice } from '../state/moderation.ts';
import { icons } from './icons.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';

/** What may be done about one person in the line, as a menu (WAI-ARIA menu button). Fires `act`. */
@customElement('rh-moderation-menu')
export class RhModerationMenu extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    css`
      :host {
        position: relative;
        display: inline-block;
      }
      .more {
        width: 1.75rem;
        min-height: 1.75rem;
        padding: 0;
        border: 0;
        background: transparent;
        color: inherit;
      }
      @media (pointer: coarse) {
        .more {
          width: 2.75rem;
          min-height: 2.25rem;
        }
      }
      .menu {
        position: fixed;
        z-index: 30;
        display: grid;
        min-width: 13rem;
        padding: 0.375rem;
      }
      .menu button {
        justify-content: flex-start;
        border: 0;
        background: transparent;
        font-weight: 500;
        text-align: left;
      }
      .menu button:hover,
      .menu button:focus-visible {
        background: var(--rh-sunken);
      }
    `,
  ];

  @property() name = '';
  @property({ attribute: false }) choices: PersonChoice[] = [];
  @state() private open_ = false;
  @query('.more') private readonly button_!: HTMLButtonElement;
  @query('.menu') private readonly menu_!: HTMLElement | null;
  private readonly elsewhere_ = (event: Event): void => {
    if (!event.composedPath().includes(this)) this.close(false);
  };
  private readonly scrolled_ = (): void => this.close(false);

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.close(false);
  }

  override render(): TemplateResult {
    return html`<button
        class="more"
        aria-label="Moderate ${this.name}"
        aria-haspopup="menu"
        aria-expanded=${this.open_ ? 'true' : 'false'}
        @click=${() => (this.open_ ? this.close(true) : this.show(0))}
        @keydown=${this.keyOnButton}
      >
        ${icons.more}
      </button>
      ${this.open_
        ? html`<div class="menu card" role="menu" aria-label="Moderate ${this.name}" @keydown=${this.keyInMenu}>
            ${this.choices.map(
              ({ act, text }) =>
                html`<button role="menuitem" tabindex="-1" @click=${() => this.choose(act)}>${text}</button>`,
            )}
          </div>`
        : ''}`;
  }

  private show(focus: number): void {
    this.open_ = true;
    addEventListener('pointerdown', this.elsewhere_);
    addEventListener('scroll', this.scrolled_, { capture: true, passive: true });
    addEventListener('resize', this.scrolled_);
    void this.updateComplete.then(() => {
      this.place();
      this.items().at(focus)?.focus();
    });
  }

  private close(back: boolean): void {
    if (!this.open_) return;
    this.open_ = false;
    removeEventListener('pointerdown', this.elsewhere_);
    removeEventListener('scroll', this.scrolled_, { capture: true });
    removeEventListener('resize', this.scrolled_);
    if (back) this.button_.focus();
  }

  /** Below the button, or above where there is no room; never beyond the edge of the screen. */
  private place(): void {
    const menu = this.menu_;
    if (!menu) return;
    const at = this.button_.getBoundingClientRect();
    const { width, height } = menu.getBoundingClientRect();
    const left = Math.max(8, Math.min(at.left, document.documentElement.clientWidth - width - 8));
    const below = at.bottom + 4;
    const top = below + height <= innerHeight - 8 ? below : Math.max(8, at.top - height - 4);
    menu.style.setProperty('left', `${left}px`);
    menu.style.setProperty('top', `${top}px`);
  }

  private items(): HTMLElement[] {
    return [...(this.menu_?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
  }

  private choose(act: PersonAct): void {
    this.close(true);
    this.dispatchEvent(new CustomEvent('act', { detail: act }));
  }

  private keyOnButton(event: KeyboardEvent): void {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    this.show(event.key === 'ArrowDown' ? 0 : -1);
  }

  private keyInMenu(event: KeyboardEvent): void {
    const items = this.items();
    const at = items.findIndex((item) => item === this.shadowRoot?.activeElement);
    const to: Partial<Record<string, number>> = {
      ArrowDown: (at + 1) % items.length,
      ArrowUp: (at - 1 + items.length) % items.length,
      Home: 0,
      End: items.length - 1,
    };
    const next = to[event.key];
    if (next !== undefined) {
      items[next]?.focus();
    } else if (event.key === 'Escape') {
      this.close(true);
    } else if (event.key === 'Tab') {
      this.close(false);
      return;
    } else {
      return;
    }
    event.preventDefault();
    // Escape twice is STOP; the one that closes a menu is none of it.
    event.stopPropagation();
  }
}
