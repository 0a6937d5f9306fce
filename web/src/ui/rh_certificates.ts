import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { hubTime, questions, toasts } from '../app.ts';
import { asProblem } from '../net/http.ts';
import type { Certificate, IssuedCertificate } from '../protocol_people.ts';
import type { OneDevice } from '../state/admin_devices.ts';
import { Follow } from './follow.ts';
import { keepFocus } from './keep_focus.ts';
import { loaded } from './loaded.ts';
import { saveFile } from './save_file.ts';
import './rh_copy.ts';
import './rh_when.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

const days = 397;

/** Client certificates of a device, by which its agent proves itself over TLS. */
@customElement('rh-certificates')
export class RhCertificates extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    tables,
    css`
      .issued {
        display: grid;
        gap: 0.75rem;
      }
    `,
  ];

  @property({ attribute: false }) one!: OneDevice;
  /** The device runs an old program instead of our agent. */
  @property({ type: Boolean }) foreign = false;
  @state() private issued_: IssuedCertificate | null = null;
  @state() private busy_ = false;
  private release_: () => void = () => undefined;

  constructor() {
    super();
    new Follow(this, hubTime.shifts);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.release_();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('one')) return;
    this.release_();
    this.issued_ = null;
    this.release_ = this.one.certificates.state.subscribe(() => this.requestUpdate());
    void this.one.certificates.load();
  }

  override render(): TemplateResult {
    return html`<section class="card part table" aria-labelledby="title">
      <div class="part-head">
        <h2 id="title" tabindex="-1">Certificates</h2>
        <button class="slim" ?disabled=${this.busy_} @click=${() => void this.issue()}>Issue one</button>
      </div>
      ${this.issued_ ? this.fresh(this.issued_) : nothing}
      ${loaded(this.one.certificates, ({ server }) => this.table(this.one.mine(), server !== null), 1)}
    </section>`;
  }

  private fresh(issued: IssuedCertificate): TemplateResult {
    const { device } = issued.certificate;
    return html`<div class="issued">
      <p class="note warn">
        The key is here only now; the hub keeps no copy.
        ${this.foreign
          ? 'Save all three where its program looks for them.'
          : "Save both beside the device's agent.yaml."}
      </p>
      <div class="form-row">
        <button @click=${() => saveFile(`${device}.crt`, issued.certificate_pem)}>Certificate</button>
        <button @click=${() => saveFile(`${device}.key`, issued.key_pem)}>Key</button>
        <button @click=${() => saveFile('authority.crt', issued.authority_pem)}>The hub's authority</button>
      </div>
      ${this.foreign ? nothing : this.lines(device)}
      <div><button class="slim" @click=${() => (this.issued_ = null)}>I have them</button></div>
    </div>`;
  }

  private lines(device: string): TemplateResult {
    return html`<p class="small muted">
        Below <code>hub:</code> in agent.yaml, where <code>url</code> begins with https://. How the agent knows this hub
        stays as it is there: <code>fingerprint</code>, or <code>ca</code> with the authority's file.
      </p>
      <rh-copy .text=${`  certificate: ${device}.crt\n  key: ${device}.key`} what="the lines of agent.yaml"></rh-copy>`;
  }

  private table(list: Certificate[], tls: boolean): TemplateResult {
    if (list.length === 0) {
      if (this.foreign)
        return html`<p class="muted">None. Its program needs one to connect.</p>
          <p></p>`;
      return html`<p class="muted">
          None. The agent proves itself by its key alone; a certificate adds to
          that${tls ? '' : ', once this hub speaks TLS'}.
        </p>
        <p></p>`;
    }
    return html`<table role="table" aria-label="Certificates">
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">Fingerprint</th>
          <th role="columnheader" scope="col">Issued</th>
          <th role="columnheader" scope="col">Expires</th>
          <th role="columnheader" scope="col"><span class="unseen">Revoke it</span></th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${repeat(
          list,
          ({ fingerprint }) => fingerprint,
          (one) => this.row(one),
        )}
      </tbody>
    </table>`;
  }

  private row(one: Certificate): TemplateResult {
    const short = `${one.fingerprint.slice(0, 16)}…`;
    return html`<tr role="row">
      <td role="cell" class="mono" title=${one.fingerprint}>${short}</td>
      <td role="cell" data-label="Issued"><rh-when .at=${one.issued_at_ms}></rh-when></td>
      <td role="cell" data-label="Expires">
        ${one.revoked_at_ms !== null
          ? html`<span class="badge danger">Revoked <rh-when .at=${one.revoked_at_ms}></rh-when></span>`
          : one.expires_at_ms < hubTime.now()
            ? html`<span class="badge warn">Expired</span>`
            : html`<rh-when .at=${one.expires_at_ms}></rh-when>`}
      </td>
      <td role="cell" class="do">
        ${one.revoked_at_ms === null
          ? html`<button class="slim" aria-label="Revoke ${short}" @click=${() => void this.revoke(one)}>
              Revoke…
            </button>`
          : nothing}
      </td>
    </tr>`;
  }

  private async issue(): Promise<void> {
    this.busy_ = true;
    try {
      this.issued_ = await this.one.issue(days);
    } catch (error) {
      toasts.complain(asProblem(error).detail);
    }
    this.busy_ = false;
  }

  private async revoke(one: Certificate): Promise<void> {
    const yes = await questions.ask({
      title: 'Revoke this certificate?',
      text: [
        'A connection that uses it is closed at once. A revoked certificate cannot be brought back.',
        one.fingerprint,
      ],
      yes: 'Revoke it',
      danger: true,
    });
    if (!yes) return;
    try {
      await this.one.revokeCertificate(one.fingerprint);
      toasts.say('The certificate is revoked.');
      await keepFocus(this);
    } catch (error) {
      toasts.complain(asProblem(error).detail);
    }
  }
}
