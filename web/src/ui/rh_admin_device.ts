import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { devices, live, questions, rights, router, session, toasts } from '../app.ts';
import { asProblem, request, type Problem } from '../net/http.ts';
import type { Device } from '../protocol.ts';
import type { Enrolment } from '../protocol_people.ts';
import { devicePath } from '../router.ts';
import { OneDevice } from '../state/admin_devices.ts';
import { halt_notices, haltOf, linkText } from '../text/links.ts';
import { humanName } from '../text/names.ts';
import { haltBadge, presenceBadge, stopBadge } from './device_badges.ts';
import { Follow } from './follow.ts';
import { icons } from './icons.ts';
import './rh_certificates.ts';
import './rh_claim.ts';
import './rh_connections.ts';
import './rh_place.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

/**
 * One device as its administrator sees it: what it is called and where, how it is claimed, when it was here. Who
 * administers this device and not the whole hub gets the part of it that is theirs.
 */
@customElement('rh-admin-device-page')
export class RhAdminDevicePage extends LitElement {
  static override styles = [base, controls, surfaces, tables];

  @property() device = '';
  @state() private problem_: Problem | null = null;
  @state() private enrolment_: Enrolment | null = null;
  @state() private busy_ = false;
  /** The hub has said what I may on the device. */
  @state() private told_ = false;
  private one_: OneDevice | null = null;
  private known_ = false;
  private release_: () => void = () => undefined;

  constructor() {
    super();
    new Follow(this, devices.state, live.connection, rights.state, session.state);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.release_ = devices.watchList();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.release_();
  }

  protected override willUpdate(changed: PropertyValues): void {
    const before = this.known_;
    this.known_ = devices.get(this.device) !== undefined;
    if (changed.has('device')) {
      this.one_ = new OneDevice(this.device);
      this.enrolment_ = null;
      this.problem_ = null;
      this.told_ = false;
      if (!this.known_ || !this.whole) void this.load();
    } else if (before && !this.known_) {
      // Revoked elsewhere, or hidden from me: the hub says which.
      void this.load();
    }
  }

  private async load(): Promise<void> {
    this.problem_ = null;
    const id = this.device;
    try {
      const device = await request<Device>('GET', `/api/v1${devicePath(id)}`);
      if (!devices.get(id)) devices.put(device);
      if (device.can) rights.put(id, device.can);
      if (id === this.device) this.told_ = true;
    } catch (error) {
      if (id === this.device) this.problem_ = asProblem(error);
    }
  }

  /** I administer the hub: certificates, labels, rooms and the audit are not of one device alone. */
  private get whole(): boolean {
    return session.state.value.info?.can.administer === true;
  }

  /** The list that this page is one of. */
  private get list(): string {
    return this.whole ? '/admin/devices' : '/';
  }

  override render(): TemplateResult {
    const device = devices.get(this.device)?.device;
    return html`
      <div class="head">
        <a class="back" href=${this.list} aria-label="All devices">${icons.back}</a>
        <h1>${device?.name || this.device}</h1>
        ${device ? html`${presenceBadge(device)} ${stopBadge(device)} ${haltBadge(device)}` : nothing}
      </div>
      ${device && this.one_ ? this.known(device, this.one_) : this.absent()}
    `;
  }

  private known(device: Device, one: OneDevice): TemplateResult {
    if (rights.of(device.id).administer) return this.page(device, one);
    if (!this.told_) return this.absent();
    return html`<div class="card empty">
      <h2>This is for administrators</h2>
      <p class="muted">Your account does not administer this device.</p>
      <a class="button" href=${devicePath(device.id)}>Open the device</a>
    </div>`;
  }

  private page(device: Device, one: OneDevice): TemplateResult {
    const never = device.presence === 'never';
    // Only our agent claims with a code and proves itself with certificates; cloudtalker has those too.
    const foreign = (device.link ?? 'agent') !== 'agent';
    const certified = !foreign || device.link === 'cloudtalker';
    return html`
      <section class="card part" aria-label="Device">
        <dl class="facts">
          <dt>Id</dt>
          <dd class="mono">${device.id}</dd>
          <dt>Type</dt>
          <dd>${humanName(device.type)} ${this.plugin(device)}</dd>
          <dt>Connected by</dt>
          <dd>${linkText(device.link)}</dd>
          ${haltOf(device) === 'local'
            ? nothing
            : html`<dt>Stop</dt>
                <dd>${halt_notices[haltOf(device)]}</dd>`}
          ${this.whole
            ? html`<dt>In the audit</dt>
                <dd><a href="/admin/audit?object=${encodeURIComponent(device.id)}">what was done with it</a></dd>`
            : nothing}
        </dl>
        <div class="form-row">
          <a class="button" href=${devicePath(device.id)}>Open the device</a>
          ${never && !foreign && !this.enrolment_
            ? html`<button @click=${() => void this.newCode()} ?disabled=${this.busy_}>New claim code</button>`
            : nothing}
          <button class="quiet danger" @click=${() => void this.revoke(device)}>Revoke…</button>
        </div>
      </section>
      ${this.enrolment_
        ? html`<section class="card part" aria-labelledby="claim">
            <h2 id="claim">Claim it</h2>
            <rh-claim .enrolment=${this.enrolment_}></rh-claim>
          </section>`
        : nothing}
      <rh-place .one=${one} .device=${device} ?named=${!this.whole}></rh-place>
      <rh-connections .one=${one} .presence=${device.presence}></rh-connections>
      ${certified && this.whole ? html`<rh-certificates .one=${one} ?foreign=${foreign}></rh-certificates>` : nothing}
    `;
  }

  private plugin({ plugin }: Device): TemplateResult {
    if (!plugin) return html`<span class="muted">(it has not said its version)</span>`;
    return html`<span class="number">${plugin.version}</span> ${plugin.installed
        ? nothing
        : html`<span class="badge warn">not installed on this hub</span>`}`;
  }

  private absent(): TemplateResult {
    const problem = this.problem_;
    if (!problem) {
      return html`<div class="card">
        <p class="unseen" role="status">Loading</p>
        ${[1, 2, 3, 4].map(() => html`<div class="row-blank" aria-hidden="true"></div>`)}
      </div>`;
    }
    const missing = problem.code === 'not_found';
    return html`<div class="card empty">
      <h2>${missing ? `There is no device “${this.device}”` : 'The device cannot be shown'}</h2>
      ${missing ? nothing : html`<p class="muted">${problem.detail}</p>`}
      ${missing ? nothing : html`<button @click=${() => void this.load()}>Try again</button>`}
      <a class="button" href=${this.list}>All devices</a>
    </div>`;
  }

  private async newCode(): Promise<void> {
    this.busy_ = true;
    try {
      this.enrolment_ = (await this.one_?.newClaimCode()) ?? null;
    } catch (error) {
      toasts.complain(asProblem(error).detail);
    }
    this.busy_ = false;
  }

  private async revoke(device: Device): Promise<void> {
    const claimed = device.presence !== 'never';
    const yes = await questions.ask({
      title: `Revoke ${device.name || device.id}?`,
      text: claimed
        ? [
            'Its key and its certificates are void at once, its connection and any turn end, and it leaves every list. The machine at the device keeps its outputs safe, for nobody speaks to it any more.',
            'To come back it must be enrolled and claimed again. Its name, labels and room are lost; what was done with it stays in the audit.',
          ]
        : ['It was never claimed. Its claim code is void.'],
      yes: 'Revoke it',
      danger: true,
      ...(claimed && { typed: device.id }),
    });
    if (!yes) return;
    try {
      await this.one_?.revoke();
      toasts.say(`${device.name || device.id} is revoked.`);
      router.go(this.list);
    } catch (error) {
      toasts.complain(asProblem(error).detail);
    }
  }
}
