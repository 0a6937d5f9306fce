import { html, LitElement, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { base } from './styles/base.ts';

@customElement('rh-admin-devices-page')
export class RhAdminDevicesPage extends LitElement {
  static override styles = [base];

  override render(): TemplateResult {
    return html`<h1>Devices</h1>`;
  }
}
