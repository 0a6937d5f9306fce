import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { devices, hubTime, rights, toasts } from '../app.ts';
import { asProblem } from '../net/http.ts';
import type { Device, StreamInfo } from '../protocol.ts';
import type { Capture } from '../protocol_media.ts';
import { endRecording, keepPicture, record, type CapturesStore } from '../state/captures.ts';
import { canShow, picturesOf } from '../state/devices.ts';
import { lengthText } from '../text/time.ts';
import { humanName } from '../text/names.ts';
import { Follow, Tick } from './follow.ts';
import { icons } from './icons.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';

const lengths_ms = [10_000, 30_000, 120_000, 600_000];

/** Keeps the newest picture (players), or records what is live for a while (moderators). Nothing without a stream. */
@customElement('rh-record')
export class RhRecord extends LitElement {
  static override styles = [
    base,
    controls,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5rem;
      }
      select {
        width: auto;
        min-height: 2.25rem;
        padding: 0.25rem 0.5rem;
        font-size: 0.875rem;
      }
      @media (pointer: coarse) {
        select {
          min-height: 2.75rem;
        }
      }
    `,
  ];

  @property({ attribute: false }) device!: Device;
  @property({ attribute: false }) captures!: CapturesStore;
  @state() private busy_ = false;
  @state() private for_ms_ = 30_000;
  @state() private stream_ = '';

  constructor() {
    super();
    new Follow(this, rights.state, devices.state);
    new Tick(this, () => Boolean(this.stream()?.recording));
  }

  override render(): TemplateResult | typeof nothing {
    const { id } = this.device;
    const streams = picturesOf(this.device);
    const { play, moderate } = rights.of(id);
    if (streams.length === 0 || (!play && !moderate)) return nothing;
    const chosen = this.stream();
    const away = !chosen || !canShow(this.device, chosen);
    const running = chosen?.recording;
    return html`
      ${streams.length > 1
        ? html`<select aria-label="Camera" @change=${(event: Event) => (this.stream_ = valueOf(event))}>
            ${streams.map(({ name }) => html`<option value=${name}>${humanName(name)}</option>`)}
          </select>`
        : nothing}
      ${play
        ? html`<button class="slim" ?disabled=${this.busy_ || away} @click=${() => void this.keep()}>
            ${icons.camera}Keep picture
          </button>`
        : nothing}
      ${!moderate
        ? nothing
        : running
          ? html`<button class="slim" ?disabled=${this.busy_} @click=${() => void this.end(running.id)}>
              ${icons.stop}End recording <span class="number">(${lengthText(hubTime.now() - running.started_ms)})</span>
            </button>`
          : html`<select
                aria-label="Length of the recording"
                @change=${(event: Event) => (this.for_ms_ = Number(valueOf(event)))}
              >
                ${lengths_ms.map(
                  (ms) => html`<option value=${ms} ?selected=${ms === this.for_ms_}>${lengthText(ms)}</option>`,
                )}
              </select>
              <button class="slim" ?disabled=${this.busy_ || away} @click=${() => void this.record()}>
                ${icons.record}Record ${lengthText(this.for_ms_)}
              </button>`}
    `;
  }

  private stream(): StreamInfo | undefined {
    const streams = picturesOf(this.device);
    return streams.find(({ name }) => name === this.stream_) ?? streams[0];
  }

  private keep(): Promise<void> {
    return this.act(() => keepPicture(this.device.id, this.stream()?.name ?? ''), 'The picture is kept.');
  }

  private record(): Promise<void> {
    return this.act(() => record(this.device.id, this.stream()?.name ?? '', this.for_ms_), 'Recording.');
  }

  private end(id: number): Promise<void> {
    return this.act(() => endRecording(id), 'The recording has ended.');
  }

  private async act(change: () => Promise<Capture>, said: string): Promise<void> {
    this.busy_ = true;
    try {
      this.captures.put(await change());
      toasts.say(said);
    } catch (error) {
      toasts.complain(asProblem(error).detail);
    }
    this.busy_ = false;
  }
}

function valueOf(event: Event): string {
  return (event.target as HTMLSelectElement).value;
}
