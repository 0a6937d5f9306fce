import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { Device, StreamInfo } from '../protocol.ts';
import { canShow, lacksPlugin, sendsCapturesOnly } from '../state/devices.ts';
import { PictureWatch } from '../state/picture.ts';
import { sentence } from '../text/names.ts';
import { lengthText } from '../text/time.ts';
import { Follow, Tick } from './follow.ts';
import { icons } from './icons.ts';
import { base } from './styles/base.ts';
import { surfaces } from './styles/surfaces.ts';

export interface PictureSize {
  width: number;
  height: number;
}

/** A page that was hidden gives its connection back after this long: a browser has only six to one hub. */
const hidden_limit_ms = 4000;
const sample_ms = 1000;
/** The picture is compared with the last one at this size; enough to see that anything moved. */
const sample_px = 24;

/**
 * The live picture, at its own aspect ratio and as large as there is room, with whatever is slotted in laid exactly
 * over it. Fires `picture` with a PictureSize when the size of the shown picture becomes known.
 */
@customElement('rh-video')
export class RhVideo extends LitElement {
  static override styles = [
    base,
    surfaces,
    css`
      :host {
        display: grid;
        justify-items: center;
        overflow: hidden;
        background: #08090b;
        border-radius: var(--rh-radius);
      }
      .frame {
        position: relative;
        width: min(100%, calc(var(--max-height, 70vh) * var(--ratio, 1.3333)));
        aspect-ratio: var(--ratio, 1.3333);
      }
      img {
        position: absolute;
        inset: 0;
        width: 100%;
        height: 100%;
        user-select: none;
        -webkit-user-drag: none;
      }
      .dim img {
        filter: grayscale(1) brightness(0.5);
      }
      .why {
        position: absolute;
        inset: 0;
        display: grid;
        place-content: center;
        justify-items: center;
        gap: 0.5rem;
        padding: 1.5rem;
        color: #e3e8ee;
        text-align: center;
        pointer-events: none;
      }
      .why div {
        display: grid;
        justify-items: center;
        gap: 0.5rem;
      }
      .why p + p,
      .more {
        color: #b6bfca;
        font-size: 0.9375rem;
      }
      .live {
        position: absolute;
        top: 0.75rem;
        right: 0.75rem;
        padding: 0.125rem 0.625rem;
        border-radius: 1rem;
        background: rgb(8 9 11 / 72%);
        color: #fff;
        font-size: 0.8125rem;
        font-weight: 650;
        pointer-events: none;
      }
      .live::before {
        content: '';
        display: inline-block;
        width: 0.5rem;
        height: 0.5rem;
        margin-right: 0.375rem;
        border-radius: 50%;
        background: #4ade80;
      }
      slot {
        position: absolute;
        inset: 0;
        display: block;
      }
    `,
  ];

  @property({ attribute: false }) device!: Device;
  @property({ attribute: false }) stream: StreamInfo | undefined;
  /** The page has its live socket; without it what is shown may be old. */
  @property({ type: Boolean }) connected = false;
  @state() private size_: PictureSize | null = null;
  @query('.frame') private readonly frame_!: HTMLElement;
  @query('img') private readonly image_!: HTMLImageElement | null;
  private readonly watch_ = new PictureWatch(probeStill);
  private readonly canvas_ = document.createElement('canvas');
  private last_sample_ = '';
  /** When what the hub says of the stream was true. */
  private told_at_ = performance.now();
  private sampling_: ReturnType<typeof setInterval> | undefined;
  private hiding_: ReturnType<typeof setTimeout> | undefined;
  private away_ = false;

  constructor() {
    super();
    new Follow(this, this.watch_.state);
    new Tick(this, () => Boolean(this.stream?.fault));
    this.canvas_.width = sample_px;
    this.canvas_.height = sample_px;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.visibilityChanged);
    // A tab that was opened behind others never hears that it was hidden.
    this.away_ = document.visibilityState !== 'visible';
    this.sampling_ = setInterval(() => this.sample(), sample_ms);
    if (this.hasUpdated) this.follow();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.visibilityChanged);
    clearInterval(this.sampling_);
    clearTimeout(this.hiding_);
    this.watch_.want('');
    // An image taken off the page may keep its stream open until it is collected.
    if (this.image_) this.image_.removeAttribute('src');
  }

  override render(): TemplateResult {
    const { state, url } = this.watch_.state.value;
    const why = this.why();
    return html`<div class="frame ${state === 'stale' || (why && url) ? 'dim' : ''}">
      ${url
        ? html`<img
            src=${url}
            alt="Live picture of ${this.device.name || this.device.id}"
            draggable="false"
            @load=${this.loaded}
            @error=${() => this.watch_.failed()}
          />`
        : nothing}
      ${state === 'live' && !why ? html`<span class="live">Live</span>` : nothing}
      ${why
        ? html`<div class="why">
            ${icons.camera}
            <div role="status">
              <p>${why[0]}</p>
              <p>${why[1]}</p>
            </div>
            ${why[2] ? html`<p class="more">${why[2]}</p>` : nothing}
          </div>`
        : nothing}
      <slot></slot>
    </div>`;
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('device') || changed.has('stream')) this.follow();
    if (changed.has('stream')) this.told_at_ = performance.now();
    if (changed.has('connected') && this.connected) this.watch_.retryNow();
    const { width = 4, height = 3 }: Partial<PictureSize> = this.size_ ?? this.stream ?? {};
    this.frame_.style.setProperty('--ratio', String(width / height || 4 / 3));
  }

  private follow(): void {
    const shown = this.stream && canShow(this.device, this.stream) && !this.away_;
    const id = encodeURIComponent(this.device.id);
    // The image leaves the page with the next drawing, and may keep its stream open until it is collected.
    if (!shown) this.image_?.removeAttribute('src');
    this.watch_.want(shown ? `/api/v1/devices/${id}/streams/${encodeURIComponent(this.stream?.name ?? '')}` : '');
  }

  /**
   * Why there is no (fresh) picture: a heading, what happens next, and what changes with the second, which no screen
   * reader is to tell each time.
   */
  private why(): [string, string, string?] | null {
    if (!this.connected) return ['No connection to the hub', 'The picture comes back by itself.'];
    if (!this.stream && lacksPlugin(this.device))
      return ['No picture', 'Without the plugin of this device the hub does not know its camera.'];
    if (!this.stream && sendsCapturesOnly(this.device))
      return ['No live picture', 'This camera sends captures only; they are shown below.'];
    if (!this.stream) return ['No picture', 'This device has no camera.'];
    if (!canShow(this.device, this.stream))
      return this.device.presence === 'never'
        ? ['Not connected yet', 'The picture appears when its agent comes online.']
        : ['The device is offline', 'The picture comes back by itself.'];
    const { fault } = this.stream;
    if (fault) return [this.watch_.state.value.url ? 'No new picture' : 'No picture', sentence(fault), this.ageText()];
    switch (this.watch_.state.value.state) {
      case 'off':
        return ['Paused', 'The picture goes on when this page is in front again.'];
      case 'connecting':
        return ['Waiting for the picture…', ''];
      case 'stale':
        return ['The picture stands still', 'The camera has stopped sending. What you see is old.'];
      case 'lost':
        return ['No picture', 'The camera sends none right now. Trying again.'];
      case 'live':
        return null;
    }
  }

  /** How old the newest picture is, where the hub says it. */
  private ageText(): string {
    const age_ms = this.stream?.age_ms;
    if (typeof age_ms !== 'number') return '';
    return `The newest picture is ${lengthText(age_ms + performance.now() - this.told_at_)} old.`;
  }

  private loaded(): void {
    this.watch_.loaded();
    if (this.image_) this.measure(this.image_);
  }

  private measure(image: HTMLImageElement): void {
    if (!image.naturalWidth) return;
    if (this.size_?.width === image.naturalWidth && this.size_.height === image.naturalHeight) return;
    this.size_ = { width: image.naturalWidth, height: image.naturalHeight };
    this.dispatchEvent(new CustomEvent<PictureSize>('picture', { detail: this.size_ }));
  }

  private sample(): void {
    const image = this.image_;
    const context = this.canvas_.getContext('2d', { willReadFrequently: true });
    if (!image || !context || document.visibilityState !== 'visible') return;
    // A stream that breaks off leaves an image of no size, and no event.
    if (image.complete && !image.naturalWidth && this.watch_.state.value.state === 'live') this.watch_.failed();
    if (!image.naturalWidth) return;
    // Most browsers tell of the first picture of a stream only, and a later one may be of another size.
    this.measure(image);
    context.drawImage(image, 0, 0, sample_px, sample_px);
    const now = context.getImageData(0, 0, sample_px, sample_px).data.join();
    this.watch_.sampled(now !== this.last_sample_);
    this.last_sample_ = now;
  }

  private readonly visibilityChanged = (): void => {
    clearTimeout(this.hiding_);
    if (document.visibilityState === 'visible') {
      this.away_ = false;
      this.follow();
    } else {
      this.hiding_ = setTimeout(() => {
        this.away_ = true;
        this.follow();
      }, hidden_limit_ms);
    }
  };
}

async function probeStill(url: string): Promise<boolean> {
  const response = await fetch(url, {
    credentials: 'same-origin',
    cache: 'no-store',
    signal: AbortSignal.timeout(6000),
  });
  await response.body?.cancel();
  return response.ok;
}
