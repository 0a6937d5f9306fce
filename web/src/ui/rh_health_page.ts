import { html, LitElement, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { base } from './styles/base.ts';

@customElement('rh-health-page')
export class RhHealthPage extends LitElement {
  static override styles = [base];

  override render(): TemplateResult {
    return html`<h1>Health</h1>`;
  }
}
