import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { devices, hubTime, questions, rights, toasts } from '../app.ts';
import { asProblem, refusalOf } from '../net/http.ts';
import type { Capture } from '../protocol_media.ts';
import { devicePath } from '../router.ts';
import {
  capturePath,
  endRecording,
  isUnfinished,
  partsOf,
  removeCapture,
  type CapturePart,
} from '../state/captures.ts';
import { describeCapture, gapsText, triggerText } from '../text/captures.ts';
import { bytesText } from '../text/sizes.ts';
import { clockText, dateTimeText } from '../text/time.ts';
import { Follow, Tick } from './follow.ts';
import { icons } from './icons.ts';
import { openModal } from './open_modal.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { dialogs } from './styles/dialogs.ts';
import { surfaces } from './styles/surfaces.ts';

/** One capture: playback with seeking, what is known of it, download, delete. Fires `gone` with its id. */
@customElement('rh-capture-dialog')
export class RhCaptureDialog extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    dialogs,
    css`
      dialog {
        width: min(62rem, calc(100vw - 2rem));
      }
      .top {
        display: flex;
        align-items: center;
        gap: 0.75rem;
      }
      .top h2 {
        margin-right: auto;
      }
      .top button {
        flex: none;
        width: 2.75rem;
        margin: -0.5rem -0.5rem -0.5rem 0;
        padding: 0;
      }
      video,
      .picture {
        display: block;
        width: 100%;
        max-height: 56vh;
        border-radius: var(--rh-radius-small);
        background: #08090b;
        object-fit: contain;
      }
      dl {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem 2rem;
        margin: 0;
        font-size: 0.9375rem;
      }
      dt {
        color: var(--rh-muted);
        font-size: 0.8125rem;
      }
      dd {
        margin: 0;
        overflow-wrap: anywhere;
      }
      details ul {
        margin: 0.5rem 0 0;
        padding-left: 1.25rem;
        font-size: 0.875rem;
      }
      summary {
        font-size: 0.875rem;
        font-weight: 600;
        cursor: pointer;
      }
      @media (max-width: 30rem) {
        dialog {
          width: calc(100vw - 1rem);
        }
      }
    `,
  ];

  /** Null for none. */
  @property({ attribute: false }) capture: Capture | null = null;
  /** Why the picture or video is not seen. */
  @state() private fault_: { tone: 'warn' | 'danger'; text: string } | null = null;
  @state() private wrong_ = '';
  @state() private parts_: readonly CapturePart[] = [];
  @query('dialog') private readonly dialog_!: HTMLDialogElement;
  private release_: () => void = () => undefined;

  constructor() {
    super();
    new Follow(this, rights.state, devices.state);
    new Tick(this, () => this.capture !== null && isUnfinished(this.capture));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.release_();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('capture');
    if (!changed.has('capture')) return;
    if (before?.device !== this.capture?.device) {
      this.release_();
      // What I may do with it depends on its device, and its changes are told to who watches that.
      this.release_ = this.capture ? devices.watch(this.capture.device) : () => undefined;
    }
    if (before?.id !== this.capture?.id || before?.state !== this.capture?.state) {
      this.fault_ = null;
      this.wrong_ = '';
      void this.askParts();
    }
    if (before?.id !== this.capture?.id) this.parts_ = [];
  }

  protected override updated(): void {
    if (this.capture && !this.dialog_.open) {
      openModal(this.dialog_);
      this.dialog_.querySelector<HTMLElement>('video, .shut')?.focus();
    } else if (!this.capture && this.dialog_.open) this.dialog_.close();
  }

  override render(): TemplateResult {
    const { capture } = this;
    return html`<dialog aria-labelledby="title" @close=${() => this.shut()}>
      ${capture ? this.body(capture) : nothing}
    </dialog>`;
  }

  private body(capture: Capture): TemplateResult {
    const { id, device, trigger, started_ms, state, kind, bytes, duration_ms, width, height, gaps } = capture;
    const words = describeCapture(capture, hubTime.now());
    const may = rights.of(device).moderate === true;
    const known = devices.get(device)?.device;
    const is_recorded = known?.streams.some(({ recording }) => recording?.id === id) === true;
    const fact = (name: string, value: unknown): TemplateResult =>
      html`<div>
        <dt>${name}</dt>
        <dd class="number">${value}</dd>
      </div>`;
    return html`<div class="inside">
      <div class="top">
        <h2 id="title">${triggerText(trigger)}, ${dateTimeText(started_ms)}</h2>
        <button class="quiet shut" aria-label="Close" @click=${() => this.dialog_.close()}>${icons.close}</button>
      </div>
      ${state === 'ready'
        ? this.shown(capture)
        : html`<p class="note ${words.tone === 'danger' ? 'danger' : 'warn'}" role="status">
            <strong>${words.badge}.</strong> ${words.line}
          </p>`}
      ${gaps.length > 0 ? html`<p class="note warn">${gapsText(gaps)}: the video goes on without.</p>` : nothing}
      <dl>
        ${fact(
          'Device',
          html`<a href=${devicePath(device)} @click=${() => this.dialog_.close()}>${known?.name || device}</a>`,
        )}
        ${duration_ms > 0 ? fact('Length', clockText(duration_ms)) : nothing}
        ${width > 0 ? fact('Picture', `${width} × ${height}`) : nothing} ${fact('On the hub’s disk', bytesText(bytes))}
      </dl>
      ${this.parts()} ${this.wrong_ ? html`<p class="note danger" role="alert">${this.wrong_}</p>` : nothing}
      <div class="actions">
        ${may
          ? html`<button class="quiet danger" @click=${() => void this.erase(capture)}>${icons.remove}Delete</button>`
          : nothing}
        ${may && is_recorded
          ? html`<button @click=${() => void this.end(capture)}>End the recording</button>`
          : nothing}
        ${state === 'ready'
          ? html`<a
              class="button primary"
              download
              href=${capturePath(id, kind === 'video' ? 'video.mp4' : 'still.jpg', kind === 'video')}
              >${icons.download}Download</a
            >`
          : nothing}
      </div>
    </div>`;
  }

  private shown({ id, kind, trigger }: Capture): TemplateResult {
    const { fault_: fault } = this;
    const note = fault ? html`<p class="note ${fault.tone}" role="alert">${fault.text}</p>` : nothing;
    if (kind === 'still')
      return fault
        ? html`${note}`
        : html`<img
            class="picture"
            src=${capturePath(id, 'still.jpg')}
            alt="The kept picture"
            @error=${() => void this.askWhy(id, 'still.jpg')}
          />`;
    return html`<video
        controls
        playsinline
        preload="metadata"
        tabindex="0"
        aria-label="Video: ${triggerText(trigger)}"
        poster=${capturePath(id, 'still.jpg')}
        src=${capturePath(id, 'video.mp4')}
        @error=${() => void this.askWhy(id, 'video.mp4')}
      ></video>
      ${note}`;
  }

  /** The element says only that it failed: the hub refuses the file, or else the browser does not know its kind. */
  private async askWhy(id: number, file: 'video.mp4' | 'still.jpg'): Promise<void> {
    const refusal = await refusalOf(capturePath(id, file));
    if (this.capture?.id !== id) return;
    const verb = file === 'video.mp4' ? 'play' : 'show';
    this.fault_ = refusal
      ? { tone: 'danger', text: refusal.detail }
      : { tone: 'warn', text: `This browser cannot ${verb} it. Downloaded, other programs may.` };
  }

  /** The parts that say something of themselves, or all while more may come. */
  private parts(): TemplateResult | typeof nothing {
    const { capture } = this;
    const told = this.parts_.filter(({ message }) => message !== '');
    const list = capture && isUnfinished(capture) ? this.parts_ : told;
    if (list.length === 0) return nothing;
    return html`<details>
      <summary>${list.length === 1 ? '1 part' : `${list.length} parts`}</summary>
      <ul>
        ${list.map(({ number, bytes, message }) => html`<li>Part ${number + 1}: ${message || bytesText(bytes)}</li>`)}
      </ul>
    </details>`;
  }

  private async askParts(): Promise<void> {
    const { capture } = this;
    if (!capture || capture.kind === 'still') return;
    try {
      const parts = await partsOf(capture.id);
      if (this.capture?.id === capture.id) this.parts_ = parts;
    } catch {
      // Only a detail of what is shown anyhow.
    }
  }

  private shut(): void {
    this.dispatchEvent(new CustomEvent('shut'));
  }

  private async end({ id }: Capture): Promise<void> {
    try {
      await endRecording(id);
    } catch (error) {
      this.wrong_ = asProblem(error).detail;
    }
  }

  private async erase({ id, kind, trigger, started_ms }: Capture): Promise<void> {
    const what = kind === 'video' ? 'video' : 'picture';
    const yes = await questions.ask({
      title: `Delete this ${what}?`,
      text: [`${triggerText(trigger)}, ${dateTimeText(started_ms)}. Its files are removed from the hub, for good.`],
      yes: 'Delete it',
      danger: true,
    });
    if (!yes) return;
    try {
      await removeCapture(id);
      this.dispatchEvent(new CustomEvent<number>('gone', { detail: id }));
      toasts.say(`The ${what} is deleted.`);
    } catch (error) {
      this.wrong_ = asProblem(error).detail;
    }
  }
}
