import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { devices, live } from '../app.ts';
import type { Device } from '../protocol.ts';
import { adminPath } from '../router.ts';
import { findDevices } from '../state/devices.ts';
import { linkText } from '../text/links.ts';
import { humanName } from '../text/names.ts';
import { haltBadge, presenceBadge, stopBadge } from './device_badges.ts';
import { Follow } from './follow.ts';
import { icons } from './icons.ts';
import './rh_enrol.ts';
import './rh_pending.ts';
import type { RhEnrol } from './rh_enrol.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

/** Every device as an administrator sees it, and the way to add one. */
@customElement('rh-admin-devices-page')
export class RhAdminDevicesPage extends LitElement {
  static override styles = [base, controls, surfaces, tables];

  @state() private search_ = '';
  @query('rh-enrol') private readonly enrol_!: RhEnrol;
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
    return html`
      <div class="head">
        <h1>Devices</h1>
        <search class="search">
          ${icons.search}
          <input
            type="search"
            aria-label="Search devices"
            placeholder="Search"
            .value=${this.search_}
            @input=${(event: Event) => (this.search_ = (event.target as HTMLInputElement).value)}
          />
        </search>
        <button class="primary" @click=${() => this.enrol_.open()}>${icons.add}Enrol a device</button>
      </div>
      <rh-pending></rh-pending>
      <div class="card table">
        ${!listed
          ? html`<p class="unseen" role="status">Loading</p>
              ${[1, 2, 3].map(() => html`<div class="row-blank" aria-hidden="true"></div>`)}`
          : byId.size === 0
            ? this.none()
            : this.table(findDevices(byId, this.search_).map(({ device }) => device))}
      </div>
      <rh-enrol></rh-enrol>
    `;
  }

  private none(): TemplateResult {
    return html`<div class="empty">
      ${icons.device}
      <h2>No devices yet</h2>
      <p class="muted">
        Enrol one here: you get a file and one command for the machine that the device is at. It appears here when its
        agent comes.
      </p>
      <button class="primary" @click=${() => this.enrol_.open()}>Enrol the first device</button>
    </div>`;
  }

  private table(found: Device[]): TemplateResult {
    if (found.length === 0) {
      return html`<div class="empty" role="status">
        <h2>Nothing matches “${this.search_}”</h2>
        <button @click=${() => (this.search_ = '')}>Show all devices</button>
      </div>`;
    }
    return html`
      <p class="unseen" role="status">${this.search_ ? `${found.length} found` : ''}</p>
      <table role="table" aria-label="Devices">
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">Device</th>
            <th role="columnheader" scope="col">State</th>
            <th role="columnheader" scope="col">Type</th>
            <th role="columnheader" scope="col">Room</th>
            <th role="columnheader" scope="col">Labels</th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${repeat(
            found,
            ({ id }) => id,
            (device) => this.row(device),
          )}
        </tbody>
      </table>
    `;
  }

  private row(device: Device): TemplateResult {
    const labels = device.labels ?? [];
    return html`<tr role="row">
      <td role="cell" class="main">
        <a class="whole" href=${adminPath('devices', device.id)}>${device.name || device.id}</a>
        ${device.name && device.name !== device.id ? html`<div class="muted small mono">${device.id}</div>` : nothing}
      </td>
      <td role="cell"><div class="chips">${presenceBadge(device)} ${stopBadge(device)} ${haltBadge(device)}</div></td>
      <td role="cell" data-label="Type">
        ${humanName(device.type)}
        ${device.plugin
          ? html`<span class="muted small number">${device.plugin.version}</span> ${device.plugin.installed
                ? nothing
                : html`<span class="badge warn">not installed</span>`}`
          : nothing}
        ${(device.link ?? 'agent') === 'agent'
          ? nothing
          : html`<div class="muted small">by ${linkText(device.link)}</div>`}
      </td>
      <td role="cell" data-label="Room" class=${device.room ? '' : 'bare'}>${device.room}</td>
      <td role="cell" class=${labels.length > 0 ? '' : 'bare'}>
        <div class="chips">${labels.map((label) => html`<span class="chip">${label}</span>`)}</div>
      </td>
    </tr>`;
  }
}
