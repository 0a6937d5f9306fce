import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { AdminSection, Route } from '../router.ts';
import { health } from '../state/health.ts';
import './rh_admin_nav.ts';
import './rh_lazy.ts';
import { base } from './styles/base.ts';

interface Part {
  load: () => Promise<unknown>;
  view: (id: string) => TemplateResult;
}

const parts: Readonly<Record<AdminSection, Part>> = {
  devices: {
    load: () => import('./rh_admin_devices.ts'),
    view: () => html`<rh-admin-devices-page></rh-admin-devices-page>`,
  },
  users: { load: () => import('./rh_users_page.ts'), view: () => html`<rh-users-page></rh-users-page>` },
  bans: { load: () => import('./rh_bans_page.ts'), view: () => html`<rh-bans-page></rh-bans-page>` },
  audit: { load: () => import('./rh_audit_page.ts'), view: () => html`<rh-audit-page></rh-audit-page>` },
  config: { load: () => import('./rh_config_page.ts'), view: () => html`<rh-config-page></rh-config-page>` },
  plugins: { load: () => import('./rh_plugins_page.ts'), view: () => html`<rh-plugins-page></rh-plugins-page>` },
  health: { load: () => import('./rh_health_page.ts'), view: () => html`<rh-health-page></rh-health-page>` },
};

/** So often the navigation's mark beside "Health" is brought up to date. */
const health_ms = 30000;

const ofOne: Readonly<Partial<Record<AdminSection, Part>>> = {
  devices: {
    load: () => import('./rh_admin_device.ts'),
    view: (id) => html`<rh-admin-device-page .device=${id}></rh-admin-device-page>`,
  },
  users: { load: () => import('./rh_user_page.ts'), view: (id) => html`<rh-user-page .username=${id}></rh-user-page>` },
};

/** The administration: its navigation, and beside it the part that the address asks for. */
@customElement('rh-admin')
export class RhAdmin extends LitElement {
  static override styles = [
    base,
    css`
      .columns {
        display: grid;
        grid-template-columns: 12.5rem minmax(0, 1fr);
        align-items: start;
        gap: 2rem;
      }
      rh-admin-nav {
        position: sticky;
        top: 4.75rem;
      }
      @media (max-width: 56rem) {
        .columns {
          grid-template-columns: minmax(0, 1fr);
          gap: 1rem;
        }
        rh-admin-nav {
          position: static;
          margin-top: -0.75rem;
        }
      }
    `,
  ];

  @property({ attribute: false }) route: Extract<Route, { page: 'admin' }> = {
    page: 'admin',
    section: 'devices',
    id: '',
  };

  private release_: () => void = () => undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.release_ = health.watch(health_ms);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.release_();
  }

  override render(): TemplateResult {
    const { section, id } = this.route;
    const part = (id ? ofOne[section] : undefined) ?? parts[section];
    return html`<div class="columns">
      <rh-admin-nav .section=${section}></rh-admin-nav>
      <rh-lazy .load=${part.load} .view=${() => part.view(id)}></rh-lazy>
    </div>`;
  }
}
