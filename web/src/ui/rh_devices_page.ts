import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { devices, live, session } from '../app.ts';
import { findDevices } from '../state/devices.ts';
import { Follow } from './follow.ts';
import { icons } from './icons.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import './rh_device_card.ts';

/** Every device of the hub, each with a live still and who is at it. */
@customElement('rh-devices-page')
export class RhDevicesPage extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    css`
      .top {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.75rem 1.5rem;
        margin-bottom: 1.25rem;
      }
      .top h1 {
        margin-right: auto;
      }
      /* Wider screens have it in the header. */
      @media (min-width: 30.001rem) {
        .captures {
          display: none;
        }
      }
      .search {
        position: relative;
        flex: 0 1 22rem;
        min-width: min(100%, 16rem);
      }
      .search svg {
        position: absolute;
        left: 0.75rem;
        top: 0.75rem;
        color: var(--rh-muted);
        pointer-events: none;
      }
      .search input {
        padding-left: 2.5rem;
      }
      ul {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr));
        gap: 1.25rem;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      .skeleton .picture {
        aspect-ratio: 4 / 3;
        border-radius: var(--rh-radius) var(--rh-radius) 0 0;
        background: var(--rh-sunken);
        animation: breathe 1.6s ease-in-out infinite alternate;
      }
      .skeleton .words {
        height: 4.75rem;
      }
      @keyframes breathe {
        to {
          opacity: 0.45;
        }
      }
      .empty {
        display: grid;
        gap: 0.75rem;
        justify-items: center;
        max-width: 34rem;
        margin: 10vh auto;
        text-align: center;
      }
      .empty svg {
        width: 3rem;
        height: 3rem;
        color: var(--rh-outline);
      }
      .next {
        display: grid;
        gap: 0.75rem;
        margin: 0;
        padding-left: 1.25rem;
        text-align: left;
      }
      code {
        display: block;
        padding: 0.75rem 1rem;
        border-radius: var(--rh-radius-small);
        background: var(--rh-sunken);
        font: 0.9375rem/1.5 var(--rh-mono);
        overflow-wrap: anywhere;
      }
    `,
  ];

  @state() private search_ = '';
  private release_: (() => void) | null = null;

  constructor() {
    super();
    new Follow(this, devices.state, live.connection);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.release_ = devices.watchList();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.release_?.();
  }

  override render(): TemplateResult {
    const { listed, byId } = devices.state.value;
    const found = findDevices(byId, this.search_);
    return html`
      <div class="top">
        <h1>Devices</h1>
        <a class="button captures" href="/captures">${icons.film}Captures</a>
        ${byId.size > 0 || !listed
          ? html`<search class="search">
              ${icons.search}
              <input
                type="search"
                aria-label="Search devices by name or type"
                placeholder="Search"
                .value=${this.search_}
                @input=${this.type}
              />
            </search>`
          : nothing}
      </div>
      <p class="unseen" role="status">${this.countText(listed, found.length)}</p>
      ${!listed ? this.skeletons() : byId.size === 0 ? this.none() : found.length === 0 ? this.noneFound() : nothing}
      <ul ?hidden=${found.length === 0 || !listed}>
        ${listed
          ? repeat(
              found,
              ({ device }) => device.id,
              (known) => html`<li><rh-device-card .known=${known}></rh-device-card></li>`,
            )
          : nothing}
      </ul>
    `;
  }

  private type(event: Event): void {
    this.search_ = (event.target as HTMLInputElement).value;
  }

  private countText(listed: boolean, found: number): string {
    if (!listed) return 'Loading devices';
    return this.search_ ? `${found} ${found === 1 ? 'device' : 'devices'} found` : '';
  }

  private skeletons(): TemplateResult {
    return html`<ul aria-hidden="true">
      ${[1, 2, 3].map(
        () =>
          html`<li class="card skeleton">
            <div class="picture"></div>
            <div class="words"></div>
          </li>`,
      )}
    </ul>`;
  }

  private none(): TemplateResult {
    const administers = session.state.value.info?.can.administer ?? false;
    return html`<div class="empty">
      ${icons.camera}
      <h2>No devices yet</h2>
      ${administers ? this.whatNext() : html`<p class="muted">${this.whyNone()}</p>`}
    </div>`;
  }

  /** For whoever has just set up the hub. */
  private whatNext(): TemplateResult {
    const guests = session.state.value.info?.guests;
    return html`<p class="muted">This hub is ready. What next:</p>
      <ol class="next">
        <li>
          <strong>Enrol a device.</strong> You get a file and one command for the machine that it is at.
          <a href="/admin/devices">Enrol the first device</a>
        </li>
        <li>
          <strong>Let people in.</strong>
          ${guests?.watch
            ? `Guests may ${guests.play ? 'watch and drive' : 'watch'} with only a name; this is guests in the configuration.`
            : 'Guests are kept out now: guests.watch and guests.play in the configuration let them in with only a name.'}
          <a href="/admin/config">See the configuration</a>, or <a href="/admin/users">add people</a> with accounts.
        </li>
      </ol>
      <p class="muted small">In a terminal at the hub:</p>
      <code>robohub device enrol my-turret --type laser_turret --config FILE</code>`;
  }

  private whyNone(): string {
    const role = session.state.value.info?.person?.role;
    if (role === 'member')
      return 'Your account may see a device once an administrator grants it; it then appears here by itself.';
    return 'An administrator enrols them; they appear here by themselves.';
  }

  private noneFound(): TemplateResult {
    return html`<div class="empty">
      <h2>Nothing matches “${this.search_}”</h2>
      <button @click=${() => (this.search_ = '')}>Show all devices</button>
    </div>`;
  }
}
