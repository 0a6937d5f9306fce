import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { PanelInfo } from '../protocol.ts';
import type { PanelApi } from '../state/panel_api.ts';
import { base } from './styles/base.ts';
import { surfaces } from './styles/surfaces.ts';

interface PanelElement extends HTMLElement {
  api: PanelApi;
}

/** How long a panel's module may take to arrive. */
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
    if (this.wrong_ && !this.over) {
      return html`<p class="note warn" role="status">
        The panel “${this.panel.title}” could not be loaded: ${this.wrong_} Every command is still in the list below.
      </p>`;
    }
    if (this.element_) return html`${this.element_}`;
    return this.over ? html`` : html`<div class="loading" aria-busy="true">${nothing}</div>`;
  }

  protected override willUpdate(): void {
    const wanted = `${this.folder}${this.panel.module} ${this.panel.element}`;
    if (wanted === this.loaded_) return;
    this.loaded_ = wanted;
    this.element_ = null;
    this.wrong_ = '';
    void this.load(wanted);
  }

  private async load(wanted: string): Promise<void> {
    try {
      const url = new URL(this.panel.module, new URL(this.folder, location.origin));
      // A module of another place would run with this page's rights.
      if (!url.href.startsWith(new URL(this.folder, location.origin).href))
        throw new Error('Its module lies elsewhere.');
      await within(load_limit_ms, import(/* @vite-ignore */ url.href));
      if (!customElements.get(this.panel.element)) throw new Error(`It does not define <${this.panel.element}>.`);
      if (wanted !== this.loaded_) return;
      const element = document.createElement(this.panel.element) as PanelElement;
      element.api = this.api;
      this.element_ = element;
    } catch (error) {
      if (wanted === this.loaded_) this.wrong_ = error instanceof Error ? error.message : String(error);
    }
  }
}

async function within(limit_ms: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('It did not arrive in time.')), limit_ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
