import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { PanelInfo } from '../protocol.ts';
import type { PanelApi } from '../state/panel_api.ts';
import { sentence } from '../text/names.ts';
import { base } from './styles/base.ts';
import { surfaces } from './styles/surfaces.ts';

interface PanelElement extends HTMLElement {
  api: PanelApi;
}

/** After this long without its module the panel says so; it may still come. */
const load_limit_ms = 15000;

/** Loads one panel of a plugin and gives it its `api`; a panel that does not load costs nothing but itself. */
@customElement('rh-panel-slot')
export class RhPanelSlot extends LitElement {
  static override styles = [
    base,
    surfaces,
    css`
      :host([over]) {
        position: absolute;
        inset: 0;
      }
      .loading {
        min-height: 8rem;
      }
      .failed {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        justify-items: start;
        gap: 0.5rem;
        overflow-wrap: anywhere;
      }
      /* Not the page's own: what a panel draws without a shadow root would take it on. */
      .failed button {
        min-height: 2.75rem;
        padding: 0.5rem 1.125rem;
        border: 1px solid currentcolor;
        border-radius: var(--rh-radius-small);
        background: none;
        color: inherit;
        font: 600 0.9375rem/1.2 var(--rh-font);
        cursor: pointer;
      }
      :host([over]) .failed {
        position: absolute;
        inset: auto 0.75rem 0.75rem;
      }
    `,
  ];

  @property({ attribute: false }) panel!: PanelInfo;
  @property({ attribute: false }) api!: PanelApi;
  /** Folder of the plugin's files at the hub, `/plugins/<type>/<version>/`. */
  @property() folder = '';
  @property({ type: Boolean, reflect: true }) over = false;
  @state() private element_: HTMLElement | null = null;
  @state() private wrong_ = '';
  private loaded_ = '';

  override render(): TemplateResult {
    if (this.element_) return html`${this.element_}`;
    if (this.wrong_) {
      // A browser may remember that a module did not come: only the whole page is sure to ask for it again.
      return html`<div class="note warn failed" role="status">
        <p>
          The panel “${this.panel.title}” could not be loaded: ${this.wrong_} Every command is still there as a form.
        </p>
        <button @click=${() => location.reload()}>Load the page again</button>
      </div>`;
    }
    return this.over ? html`` : html`<div class="loading" aria-busy="true">${nothing}</div>`;
  }

  protected override willUpdate(changed: PropertyValues): void {
    const wanted = `${this.folder}${this.panel.module} ${this.panel.element}`;
    // Another `api` is another type: an element is made for one and keeps it.
    if (wanted === this.loaded_ && !changed.has('api')) return;
    this.loaded_ = wanted;
    this.element_ = null;
    this.wrong_ = '';
    void this.load(wanted, this.api);
  }

  private async load(wanted: string, api: PanelApi): Promise<void> {
    const still = (): boolean => wanted === this.loaded_ && api === this.api;
    const late = setTimeout(() => {
      if (still()) this.wrong_ = 'It did not arrive in time.';
    }, load_limit_ms);
    try {
      const url = new URL(this.panel.module, new URL(this.folder, location.origin));
      // A module of another place would run with this page's rights.
      if (!url.href.startsWith(new URL(this.folder, location.origin).href))
        throw new Error('Its module lies elsewhere.');
      await import(/* @vite-ignore */ url.href);
      if (!still()) return;
      if (!customElements.get(this.panel.element)) throw new Error(`It does not define <${this.panel.element}>.`);
      const element = document.createElement(this.panel.element) as PanelElement;
      element.api = api;
      this.element_ = element;
    } catch (error) {
      if (still()) this.wrong_ = sentence(error instanceof Error ? error.message : String(error));
    } finally {
      clearTimeout(late);
    }
  }
}
