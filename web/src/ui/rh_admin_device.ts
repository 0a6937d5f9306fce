import { html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { base } from './styles/base.ts';

@customElement('rh-admin-device-page')
export class RhAdminDevicePage extends LitElement {
  static override styles = [base];

  @property() device = '';

  override render(): TemplateResult {
    return html`<h1>${this.device}</h1>`;
  }
}
