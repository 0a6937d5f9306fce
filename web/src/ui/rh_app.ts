import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, query } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import { router, session, turns } from '../app.ts';
import { section_titles, type Route } from '../router.ts';
import { turnPrefix } from '../state/turn_view.ts';
import { Follow } from './follow.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import './rh_confirm.ts';
import './rh_connection.ts';
import './rh_device_page.ts';
import './rh_devices_page.ts';
import './rh_entry.ts';
import './rh_feedback.ts';
import './rh_header.ts';
import './rh_lazy.ts';
import './rh_password.ts';
import './rh_sign_in.ts';

const admin = (): Promise<unknown> => import('./rh_admin.ts');
const adminDevice = (): Promise<unknown> => import('./rh_admin_device.ts');
const setup = (): Promise<unknown> => import('./rh_setup.ts');
const captures = (): Promise<unknown> => import('./rh_captures_page.ts');
const account = (): Promise<unknown> => import('./rh_account_page.ts');

/** The frame around every page: header, what the address asks for, and feedback. */
@customElement('rh-app')
export class RhApp extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    css`
      main {
        max-width: 90rem;
        margin: 0 auto;
        padding: 1.25rem max(1rem, env(safe-area-inset-right)) 2rem max(1rem, env(safe-area-inset-left));
      }
      main:focus-visible {
        outline: none;
      }
      .skip {
        position: absolute;
        left: 1rem;
        top: -4rem;
        z-index: 40;
      }
      .skip:focus {
        top: 0.5rem;
      }
      .middle {
        max-width: 32rem;
        margin: 18vh auto 0;
        display: grid;
        gap: 1rem;
        justify-items: center;
        text-align: center;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        justify-content: center;
        gap: 0.75rem;
      }
    `,
  ];

  @query('main') private readonly main_!: HTMLElement;
  private shown_: Route | null = null;
  private release_: () => void = () => undefined;

  constructor() {
    super();
    new Follow(this, router.route, session.state);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.release_ = turns.state.subscribe(() => this.entitle());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.release_();
  }

  override render(): TemplateResult {
    return html`
      <button class="skip" @click=${this.skip}>Skip to the page</button>
      <rh-header></rh-header>
      <rh-connection></rh-connection>
      <main id="main" tabindex="-1">${this.page()}</main>
      <rh-confirm></rh-confirm>
      <rh-password></rh-password>
      <rh-feedback></rh-feedback>
    `;
  }

  private page(): TemplateResult {
    const { info, problem } = session.state.value;
    const route = router.route.value;
    if (!info) return problem ? this.unreachable(problem.detail) : html`<p class="unseen">Loading</p>`;
    if (route.page === 'setup')
      return html`<rh-lazy .load=${setup} .view=${() => html`<rh-setup></rh-setup>`}></rh-lazy>`;
    if (route.page === 'sign-in') return html`<rh-sign-in></rh-sign-in>`;
    if (route.page === 'unknown') {
      return html`<div class="middle">
        <h1>There is no such page</h1>
        <p class="muted">${route.path} leads nowhere on this hub.</p>
        <a class="button primary" href="/">All devices</a>
      </div>`;
    }
    const inside = route.page === 'admin' || route.page === 'account';
    if (!info.person && inside) return html`<rh-sign-in ?ended=${session.state.value.ended}></rh-sign-in>`;
    if (!info.person) return html`<rh-entry></rh-entry>`;
    // The history leads from one device straight to another: nothing of the first one may be kept for the second.
    if (route.page === 'device')
      return html`${keyed(route.id, html`<rh-device-page .device=${route.id}></rh-device-page>`)}`;
    if (route.page === 'captures') {
      return html`<rh-lazy .load=${captures} .view=${() => html`<rh-captures-page></rh-captures-page>`}></rh-lazy>`;
    }
    if (route.page === 'account') {
      // Of one person nothing stays for the next.
      const { id } = info.person;
      const view = (): TemplateResult => html`${keyed(id, html`<rh-account-page></rh-account-page>`)}`;
      return html`<rh-lazy .load=${account} .view=${view}></rh-lazy>`;
    }
    if (route.page === 'admin') {
      if (!info.can.administer) return this.ofOneDevice(route, info.person.kind === 'guest');
      return html`<rh-lazy .load=${admin} .view=${() => html`<rh-admin .route=${route}></rh-admin>`}></rh-lazy>`;
    }
    return html`<rh-devices-page></rh-devices-page>`;
  }

  /** Who does not administer the hub may still administer single devices: the page of one says whether it is so. */
  private ofOneDevice({ section, id }: Extract<Route, { page: 'admin' }>, guest: boolean): TemplateResult {
    if (section !== 'devices' || id === '' || guest) return this.notForYou(guest);
    const view = (): TemplateResult => html`<rh-admin-device-page .device=${id}></rh-admin-device-page>`;
    return html`<rh-lazy .load=${adminDevice} .view=${view}></rh-lazy>`;
  }

  private notForYou(guest: boolean): TemplateResult {
    return html`<div class="middle">
      <h1>This is for administrators</h1>
      <p class="muted">${guest ? 'You are here as a guest.' : 'Your account does not administer this hub.'}</p>
      <div class="actions">
        <a class="button" href="/">All devices</a>
        <a class="button primary" href="/sign-in">Sign in ${guest ? '' : 'as somebody else'}</a>
      </div>
    </div>`;
  }

  private unreachable(detail: string): TemplateResult {
    return html`<div class="middle">
      <h1>The hub cannot be reached</h1>
      <p class="muted">${detail}</p>
      <button class="primary" @click=${() => void session.load()}>Try again</button>
    </div>`;
  }

  protected override updated(): void {
    const route = router.route.value;
    this.entitle();
    // After going to another page, reading and tabbing start at its top.
    if (this.shown_ && this.shown_ !== route) this.main_.focus({ preventScroll: true });
    this.shown_ = route;
  }

  private entitle(): void {
    document.title = `${turnPrefix(turns.state.value.values())}${titleOf(router.route.value)}`;
  }

  private skip(): void {
    this.main_.focus();
  }
}

function titleOf(route: Route): string {
  switch (route.page) {
    case 'device':
      return `${route.id} · robohub`;
    case 'captures':
      return 'Captures · robohub';
    case 'account':
      return 'Account · robohub';
    case 'admin':
      return `${route.id || section_titles[route.section]} · Administration · robohub`;
    case 'sign-in':
      return 'Sign in · robohub';
    case 'setup':
      return 'Set up · robohub';
    case 'devices':
      return 'Devices · robohub';
    case 'unknown':
      return 'Not found · robohub';
  }
}
