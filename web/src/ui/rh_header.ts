import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { devices, router, session } from '../app.ts';
import { Follow } from './follow.ts';
import { icons } from './icons.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import './rh_account.ts';
import './rh_stop_all.ts';
import './rh_theme_button.ts';

/** Whose hub this is, who I am, and the button that stops everything. Always in reach. */
@customElement('rh-header')
export class RhHeader extends LitElement {
  static override styles = [
    base,
    controls,
    css`
      :host {
        position: sticky;
        top: 0;
        z-index: 30;
        background: var(--rh-surface);
        border-bottom: 1px solid var(--rh-line);
      }
      header {
        display: flex;
        align-items: center;
        gap: 0.5rem;
        max-width: 90rem;
        height: 3.5rem;
        margin: 0 auto;
        padding: 0 max(1rem, env(safe-area-inset-right)) 0 max(1rem, env(safe-area-inset-left));
      }
      .home {
        display: flex;
        align-items: center;
        gap: 0.625rem;
        min-width: 0;
        min-height: 2.75rem;
        margin-right: auto;
        color: var(--rh-text);
        text-decoration: none;
        font-weight: 700;
        letter-spacing: -0.01em;
      }
      .home svg {
        flex: none;
        width: 1.75rem;
        height: 1.75rem;
        color: var(--rh-accent);
      }
      .host {
        overflow: hidden;
        color: var(--rh-muted);
        font-weight: 400;
        letter-spacing: 0;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .host::before {
        content: '/';
        margin-right: 0.5rem;
        color: var(--rh-outline);
      }
      .admin {
        display: inline-flex;
        align-items: center;
        justify-content: center;
        gap: 0.5rem;
        min-width: 2.75rem;
        min-height: 2.75rem;
        padding: 0 0.75rem;
        border-radius: var(--rh-radius-small);
        color: var(--rh-text);
        font-size: 0.9375rem;
        font-weight: 600;
        text-decoration: none;
      }
      .admin:hover {
        background: var(--rh-sunken);
      }
      .admin[aria-current] {
        color: var(--rh-accent-text);
      }
      @media (max-width: 48rem) {
        .admin {
          padding: 0;
        }
        .admin span {
          display: none;
        }
      }
      /* The list of devices leads there too. */
      @media (max-width: 30rem) {
        .captures {
          display: none;
        }
      }
      @media (max-width: 40rem) {
        header {
          gap: 0.25rem;
        }
        .host {
          display: none;
        }
      }
      @media (max-width: 26rem) {
        .home span {
          display: none;
        }
      }
    `,
  ];

  constructor() {
    super();
    new Follow(this, session.state, router.route, devices.state);
  }

  /** Whoever may see a device may stop it, be it by a grant alone. */
  private mayStop(everywhere: boolean): boolean {
    return everywhere || devices.state.value.byId.size > 0;
  }

  override render(): TemplateResult {
    const { info } = session.state.value;
    return html`<header>
      <a class="home" href="/" aria-label="robohub at ${location.hostname}: all devices">
        ${icons.mark}<span>robohub</span><span class="host">${location.hostname}</span>
      </a>
      ${info?.person
        ? html`<a
            class="admin captures"
            href="/captures"
            aria-label="Captures"
            aria-current=${router.route.value.page === 'captures' ? 'true' : nothing}
            >${icons.film}<span>Captures</span></a
          >`
        : nothing}
      ${info?.person && info.can.administer
        ? html`<a
            class="admin"
            href="/admin/devices"
            aria-label="Administration"
            aria-current=${router.route.value.page === 'admin' ? 'true' : nothing}
            >${icons.gear}<span>Administration</span></a
          >`
        : nothing}
      <rh-theme-button></rh-theme-button>
      ${info?.person ? html`<rh-account></rh-account>` : nothing}
      ${info?.person && this.mayStop(info.can.stop) ? html`<rh-stop-all></rh-stop-all>` : nothing}
    </header>`;
  }
}
