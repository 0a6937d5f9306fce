import { html, LitElement, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { base } from './styles/base.ts';

@customElement('rh-bans-page')
export class RhBansPage extends LitElement {
  static override styles = [base];

  override render(): TemplateResult {
    return html`<h1>Bans</h1>`;
  }
}
