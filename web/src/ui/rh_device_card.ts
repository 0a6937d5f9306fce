import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { hubTime, session, stills } from '../app.ts';
import type { Device } from '../protocol.ts';
import { devicePath } from '../router.ts';
import { lacksPlugin, sendsCapturesOnly, stillOf, type KnownDevice } from '../state/devices.ts';
import { agoText } from '../text/time.ts';
import { humanName } from '../text/names.ts';
import { haltBadge } from './device_badges.ts';
import { Tick } from './follow.ts';
import { icons } from './icons.ts';
import { base } from './styles/base.ts';
import { surfaces } from './styles/surfaces.ts';

/** One device of the list: a still about once a second while on screen, and who is at it. */
@customElement('rh-device-card')
export class RhDeviceCard extends LitElement {
  static override styles = [
    base,
    surfaces,
    css`
      article {
        position: relative;
        overflow: hidden;
        transition:
          transform 0.15s,
          box-shadow 0.15s;
      }
      article:hover {
        transform: translateY(-2px);
        border-color: var(--rh-outline);
      }
      article:focus-within {
        outline: 3px solid var(--rh-focus);
        outline-offset: 2px;
      }
      .picture {
        position: relative;
        display: grid;
        place-items: center;
        aspect-ratio: 4 / 3;
        background: #0b0d10;
        color: #b6bfca;
        font-size: 0.9375rem;
        text-align: center;
      }
      img {
        position: absolute;
        inset: 0;
        width: 100%;
        height: 100%;
        object-fit: contain;
      }
      .nothing {
        display: grid;
        justify-items: center;
        gap: 0.375rem;
        padding: 1rem;
      }
      .badges {
        position: absolute;
        left: 0.75rem;
        top: 0.75rem;
        display: flex;
        flex-wrap: wrap;
        gap: 0.375rem;
      }
      .words {
        display: grid;
        gap: 0.125rem;
        height: 4.75rem;
        padding: 0.75rem 1rem;
        align-content: center;
      }
      h2 {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      h2 a {
        color: inherit;
        text-decoration: none;
        outline: none;
      }
      h2 a::after {
        content: '';
        position: absolute;
        inset: 0;
      }
      .line {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
    `,
  ];

  @property({ attribute: false }) known!: KnownDevice;
  @state() private shown_ = false;
  @query('img') private readonly image_!: HTMLImageElement;
  private onScreen_ = false;
  private stream_ = '';
  private releaseStill_: (() => void) | null = null;
  private picture_url_ = '';
  private readonly observer_ = new IntersectionObserver((entries) => {
    this.onScreen_ = entries.some((entry) => entry.isIntersecting);
    this.follow();
  });

  constructor() {
    super();
    new Tick(this, () => this.known?.device.presence !== 'online');
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.observer_.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.observer_.disconnect();
    this.onScreen_ = false;
    this.follow();
    URL.revokeObjectURL(this.picture_url_);
  }

  override render(): TemplateResult {
    const { device } = this.known;
    return html`<article class="card">
      <div class="picture">
        ${this.shown_ ? nothing : html`<div class="nothing">${icons.camera}<span>${whyNoPicture(device)}</span></div>`}
        <img alt="" ?hidden=${!this.shown_} decoding="async" />
        <div class="badges">${this.presence(device)} ${this.stopBadge(device)} ${haltBadge(device)}</div>
      </div>
      <div class="words">
        <h2><a href=${devicePath(device.id)}>${device.name || device.id}</a></h2>
        <p class="line muted small">${[humanName(device.type), this.whoIsThere(device)].filter(Boolean).join(' · ')}</p>
      </div>
    </article>`;
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('known')) this.follow();
  }

  private presence(device: Device): TemplateResult {
    if (device.presence === 'online') return html`<span class="badge ok">Online</span>`;
    if (device.presence === 'never') return html`<span class="badge">Not yet connected</span>`;
    return html`<span class="badge">Offline, ${agoText(hubTime.now() - device.since_ms)}</span>`;
  }

  private stopBadge(device: Device): TemplateResult | typeof nothing {
    switch (device.stop.state) {
      case 'none':
        return nothing;
      case 'sent':
        return html`<span class="badge warn">Stopping…</span>`;
      case 'confirmed':
        return html`<span class="badge danger">Stopped</span>`;
      case 'unconfirmed':
        return html`<span class="badge danger">Stop NOT confirmed</span>`;
    }
  }

  private whoIsThere({ presence, turn }: Device): string {
    if (presence !== 'online' && !turn.holder && turn.waiting.length === 0) return '';
    const me = session.state.value.info?.person?.id;
    if (!turn.holder && lacksPlugin(this.known.device)) return 'only STOP works';
    const driver = turn.holder
      ? turn.holder.id === me
        ? 'you are driving'
        : `${turn.holder.name} is driving`
      : 'free';
    const waiting = turn.waiting.length;
    return waiting > 0 ? `${driver}, ${waiting} waiting` : driver;
  }

  /** Asks for stills exactly while the card is on screen and some can come. */
  private follow(): void {
    const device = this.known.device;
    if (stillOf(device, true) === '') this.shown_ = false;
    const wanted = stillOf(device, this.onScreen_);
    if (wanted === this.stream_) return;
    this.stream_ = wanted;
    this.releaseStill_?.();
    this.releaseStill_ = wanted ? stills.add({ url: wanted, show: (picture) => void this.show(picture) }) : null;
  }

  private async show(picture: Blob | null): Promise<void> {
    if (!picture) {
      this.shown_ = false;
      return;
    }
    const url = URL.createObjectURL(picture);
    const next = new Image();
    next.src = url;
    // Decoded before it is shown, so that the card never blinks.
    const decoded = await next.decode().then(
      () => true,
      () => false,
    );
    if (!decoded || !this.releaseStill_) {
      // Nobody waits for it any more: the card has left the page meanwhile, or the device is offline.
      URL.revokeObjectURL(url);
      if (!decoded) this.shown_ = false;
      return;
    }
    this.image_.src = url;
    this.shown_ = true;
    URL.revokeObjectURL(this.picture_url_);
    this.picture_url_ = url;
  }
}

function whyNoPicture(device: Device): string {
  if (stillOf(device, true) !== '') return 'Waiting for a picture';
  if (device.presence === 'never') return 'Its agent has not connected yet';
  if (device.presence === 'offline') return 'No picture while offline';
  if (lacksPlugin(device)) return 'This hub lacks its plugin';
  return sendsCapturesOnly(device) ? 'Captures only, no live picture' : 'This device has no camera';
}
