import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';

/** A part of the page that few need: its code is fetched when it is first shown. */
@customElement('rh-lazy')
export class RhLazy extends LitElement {
  static override styles = [
    base,
    controls,
    css`
      .wait {
        min-height: 60vh;
      }
      :host([slim]) .wait {
        min-height: 12rem;
      }
      :host([slim]) .failed {
        margin: 1rem 0;
      }
      .failed {
        display: grid;
        gap: 1rem;
        justify-items: center;
        margin: 12vh auto 0;
        text-align: center;
      }
    `,
  ];

  /** Fetches the code; browsers and the bundler do so once. Must keep its identity for the same part. */
  @property({ attribute: false }) load: () => Promise<unknown> = () => Promise.resolve();
  /** Draws it, once the code is there. */
  @property({ attribute: false }) view: () => TemplateResult = () => html``;
  /** It is a part of a page rather than one. */
  @property({ type: Boolean, reflect: true }) slim = false;
  @state() private state_: 'loading' | 'ready' | 'failed' = 'loading';

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('load')) void this.fetch();
  }

  override render(): TemplateResult {
    if (this.state_ === 'ready') return this.view();
    if (this.state_ === 'loading') return html`<div class="wait"><p class="unseen" role="status">Loading</p></div>`;
    return html`<div class="failed" role="alert">
      ${this.slim
        ? html`<h2>This part of the page did not come</h2>`
        : html`<h1>This part of the page did not come</h1>`}
      <p class="muted">The hub may be away, or was upgraded since this page was opened.</p>
      <button class="primary" @click=${() => location.reload()}>Load the page again</button>
    </div>`;
  }

  private async fetch(): Promise<void> {
    const load = this.load;
    this.state_ = 'loading';
    let state: 'ready' | 'failed' = 'ready';
    try {
      await load();
    } catch {
      state = 'failed';
    }
    if (load === this.load) this.state_ = state;
  }
}
