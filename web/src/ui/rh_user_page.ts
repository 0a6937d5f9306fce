import { html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { base } from './styles/base.ts';

@customElement('rh-user-page')
export class RhUserPage extends LitElement {
  static override styles = [base];

  @property() username = '';

  override render(): TemplateResult {
    return html`<h1>${this.username}</h1>`;
  }
}
