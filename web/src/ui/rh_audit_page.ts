import { html, LitElement, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { base } from './styles/base.ts';

@customElement('rh-audit-page')
export class RhAuditPage extends LitElement {
  static override styles = [base];

  override render(): TemplateResult {
    return html`<h1>Audit</h1>`;
  }
}
