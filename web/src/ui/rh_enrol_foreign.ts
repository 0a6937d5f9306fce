import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { devices } from '../app.ts';
import type { ForeignEnrolment } from '../protocol_media.ts';
import { devicePath } from '../router.ts';
import { OneDevice } from '../state/admin_devices.ts';
import { Follow } from './follow.ts';
import './rh_certificates.ts';
import './rh_copy.ts';
import { base } from './styles/base.ts';
import { surfaces } from './styles/surfaces.ts';

/** What a camera with the cloudtalker program needs to come to this hub, and whether it has come. */
@customElement('rh-enrol-foreign')
export class RhEnrolForeign extends LitElement {
  static override styles = [
    base,
    surfaces,
    css`
      :host {
        display: grid;
        gap: 1rem;
      }
    `,
  ];

  @property({ attribute: false }) enrolment!: ForeignEnrolment;
  private one_: OneDevice | null = null;

  constructor() {
    super();
    new Follow(this, devices.state);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('enrolment')) this.one_ = new OneDevice(this.enrolment.id);
  }

  override render(): TemplateResult {
    const { id, start } = this.enrolment;
    const online = devices.get(id)?.device.presence === 'online';
    return html`
      <p>
        Its program proves itself with a certificate of this hub. Issue one, and save the three files where it runs:
      </p>
      ${this.one_ ? html`<rh-certificates foreign .one=${this.one_}></rh-certificates>` : nothing}
      ${start
        ? html`<p>Then start it there, with the certificate as cert.pem and the key as key.pem:</p>
            <rh-copy .text=${start} what="the command"></rh-copy>`
        : html`<p class="note warn">
            The hub does not listen for such cameras: set <code>cloudtalker.listen</code> in its configuration and
            restart it.
          </p>`}
      ${online
        ? html`<p class="note ok"><strong>Online.</strong> It has come. <a href=${devicePath(id)}>Watch it live</a></p>`
        : html`<p class="note">Waiting for it…</p>`}
    `;
  }
}
