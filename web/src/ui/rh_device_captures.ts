import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { live } from '../app.ts';
import type { Device } from '../protocol.ts';
import { capturesPath } from '../router.ts';
import { CapturesStore } from '../state/captures.ts';
import { Follow } from './follow.ts';
import { slim_count } from './rh_captures.ts';
import './rh_record.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';

/** The newest captures of one device, and the buttons that make more. */
@customElement('rh-device-captures')
export class RhDeviceCaptures extends LitElement {
  static override styles = [
    base,
    controls,
    css`
      :host {
        display: grid;
        gap: 0.75rem;
        min-width: 0;
      }
      .head {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5rem 0.75rem;
      }
      h2 {
        margin-right: auto;
      }
      rh-captures {
        --card-width: 12rem;
      }
      .all {
        justify-self: end;
        font-size: 0.9375rem;
      }
    `,
  ];

  @property({ attribute: false }) device!: Device;
  private captures_: CapturesStore | null = null;
  private release_: () => void = () => undefined;

  constructor() {
    super();
    new Follow(this, live.connection);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.release_();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('device') && changed.get('device')?.id !== this.device.id) this.open();
  }

  private open(): void {
    this.release_();
    const captures = new CapturesStore(live, { device: this.device.id, trigger: '' }, slim_count);
    const release = captures.state.subscribe(() => this.requestUpdate());
    this.captures_ = captures;
    this.release_ = () => {
      release();
      captures.close();
    };
  }

  override render(): TemplateResult | typeof nothing {
    const captures = this.captures_;
    if (!captures) return nothing;
    const { list, next_before } = captures.state.value;
    const more = next_before !== null || (list?.length ?? 0) > slim_count;
    return html`
      <div class="head">
        <h2>Captures</h2>
        <rh-record .device=${this.device} .captures=${captures}></rh-record>
      </div>
      <rh-captures slim .captures=${captures}></rh-captures>
      ${more ? html`<a class="all" href=${capturesPath(this.device.id)}>All captures of this device</a>` : nothing}
    `;
  }
}
