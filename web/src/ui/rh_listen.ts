import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import type { Device, StreamInfo } from '../protocol.ts';
import { openPlayer } from '../sound/player.ts';
import { Listening } from '../state/listening.ts';
import { humanName } from '../text/names.ts';
import { listeningText } from '../text/sound.ts';
import { Follow } from './follow.ts';
import { icons } from './icons.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';

/** A page behind another one falls silent after this long: nobody listens at doors without knowing. */
const hidden_limit_ms = 4000;

const offline = 'No sound: the device is offline.';

/** Hears what a device's microphone hears: a switch, and while it is on the volume and how loud it is. */
@customElement('rh-listen')
export class RhListen extends LitElement {
  static override styles = [
    base,
    controls,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5rem 0.875rem;
      }
      button[aria-pressed='true'] {
        border-color: transparent;
        background: var(--rh-accent);
        color: var(--rh-on-accent);
      }
      button[aria-pressed='true']:hover {
        background: var(--rh-accent-hover);
      }
      label {
        display: flex;
        flex: 0 1 12rem;
        align-items: center;
        gap: 0.5rem;
      }
      .level {
        flex: 1 1 6rem;
        max-width: 14rem;
        height: 0.5rem;
        overflow: hidden;
        border-radius: 0.25rem;
        background: var(--rh-sunken);
        outline: 1px solid var(--rh-line);
      }
      .level span {
        display: block;
        height: 100%;
        background: var(--rh-accent);
        transform: scaleX(var(--level));
        transform-origin: left;
      }
    `,
  ];

  @property({ attribute: false }) device!: Device;
  @property({ attribute: false }) stream!: StreamInfo;
  /** There are more than one. */
  @property({ type: Boolean }) named = false;
  @query('.level span') private readonly bar_!: HTMLElement | null;
  private readonly listening_ = new Listening(openPlayer);
  private hiding_: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    new Follow(this, this.listening_.heard);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.visibilityChanged);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.visibilityChanged);
    clearTimeout(this.hiding_);
    this.listening_.stop();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('device');
    if (before !== undefined && before.id !== this.device.id) this.listening_.stop();
  }

  override render(): TemplateResult {
    const { on } = this.listening_;
    const heard = this.listening_.heard.value;
    const away = this.device.presence !== 'online';
    const name = this.named ? `Listen: ${humanName(this.stream.name)}` : 'Listen';
    return html`
      <button class="slim" aria-pressed=${on} ?disabled=${away && !on} @click=${this.toggle}>
        ${icons.sound}${name}
      </button>
      ${on
        ? html`<label
              >Volume
              <input
                type="range"
                min="0"
                max="100"
                .value=${String(Math.round(this.listening_.volume * 100))}
                @input=${this.volumeMoved}
              />
            </label>
            <div
              class="level"
              role="meter"
              aria-label="Loudness"
              aria-valuemin="0"
              aria-valuemax="100"
              aria-valuenow=${Math.round(heard.level * 100)}
            >
              <span></span>
            </div>`
        : nothing}
      <span class="small muted" role="status"
        >${away ? offline : listeningText(heard, this.stream.live, window.isSecureContext)}</span
      >
    `;
  }

  protected override updated(): void {
    // Not as an attribute: the page's policy allows no styles within the markup.
    this.bar_?.style.setProperty('--level', String(this.listening_.heard.value.level));
  }

  private toggle(): void {
    if (this.listening_.on) {
      this.listening_.stop();
      return;
    }
    const { id } = this.device;
    const name = encodeURIComponent(this.stream.name);
    void this.listening_.start(`/api/v1/devices/${encodeURIComponent(id)}/streams/${name}.wav`);
  }

  private volumeMoved(event: InputEvent): void {
    this.listening_.setVolume(Number((event.target as HTMLInputElement).value) / 100);
  }

  private readonly visibilityChanged = (): void => {
    clearTimeout(this.hiding_);
    if (document.visibilityState !== 'visible')
      this.hiding_ = setTimeout(() => this.listening_.stop(), hidden_limit_ms);
  };
}
