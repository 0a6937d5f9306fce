import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { announcements, theme } from '../app.ts';
import type { ThemeChoice } from '../state/theme.ts';
import { Follow } from './follow.ts';
import { icons } from './icons.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';

const next: Record<ThemeChoice, ThemeChoice> = { auto: 'light', light: 'dark', dark: 'auto' };
const words: Record<ThemeChoice, string> = { auto: 'as the system', light: 'light', dark: 'dark' };

/** Light, dark, or as the system prefers. */
@customElement('rh-theme-button')
export class RhThemeButton extends LitElement {
  static override styles = [
    base,
    controls,
    css`
      button {
        width: 2.75rem;
        padding: 0;
      }
    `,
  ];

  constructor() {
    super();
    new Follow(this, theme.choice);
  }

  override render(): TemplateResult {
    const choice = theme.choice.value;
    const text = `Theme: ${words[choice]}. Change to ${words[next[choice]]}`;
    return html`<button class="quiet" aria-label=${text} title=${text} @click=${this.change}>${icons[choice]}</button>`;
  }

  private change(): void {
    theme.choose(next[theme.choice.value]);
    announcements.say(`Theme: ${words[theme.choice.value]}.`);
  }
}
