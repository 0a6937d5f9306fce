import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { devices, toasts } from '../app.ts';
import { asProblem, type Problem } from '../net/http.ts';
import type { Device } from '../protocol.ts';
import { parseLabels, placesOf, type OneDevice } from '../state/admin_devices.ts';
import {
  changesOf,
  drafted,
  placeOf,
  untouched,
  withLabels,
  withoutLabel,
  type Place,
  type PlaceDraft,
} from '../state/device_place.ts';
import { icons } from './icons.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

/** What a device is called, in which room it is and which labels it has. Grants follow labels and rooms. */
@customElement('rh-place')
export class RhPlace extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    tables,
    css`
      form {
        display: grid;
        gap: 0.875rem;
      }
      .chip button {
        min-height: 1.75rem;
        padding: 0 0.25rem;
        margin-right: -0.375rem;
      }
      .chip svg {
        width: 0.875rem;
        height: 0.875rem;
      }
      .add {
        display: flex;
        gap: 0.5rem;
      }
    `,
  ];

  @property({ attribute: false }) one!: OneDevice;
  @property({ attribute: false }) device!: Device;
  /** Only its name may be changed: grants hang on rooms and labels. */
  @property({ type: Boolean }) named = false;
  /** What is typed and not yet saved. */
  @state() private draft_: PlaceDraft = untouched;
  /** A label stands in the field that was not added yet; saving adds it. */
  @state() private typing_ = false;
  @state() private busy_ = false;
  @state() private problem_: Problem | null = null;
  @query('#label') private readonly label_!: HTMLInputElement;

  protected override willUpdate(changed: PropertyValues): void {
    const before = changed.get('device') as Device | undefined;
    if (before && before.id !== this.device.id) this.draft_ = untouched;
  }

  override render(): TemplateResult {
    const { name, room, labels } = this.place;
    const known = placesOf([...devices.state.value.byId.values()].map(({ device }) => device));
    return html`<section class="card part" aria-labelledby="title">
      <h2 id="title">${this.named ? 'Name' : 'Name and place'}</h2>
      <form @submit=${this.save}>
        <div class="form-row">
          <div class="field">
            <label for="name">Name</label>
            <input id="name" maxlength="64" .value=${name} @input=${this.type('name')} />
          </div>
          ${this.named ? nothing : this.room(room, known.rooms)}
        </div>
        ${this.named ? nothing : this.labels(labels, known.labels)}
        ${this.problem_ ? html`<p class="wrong" role="alert">${this.problem_.detail}</p>` : html``}
        <div class="form-row">
          <button
            class="primary"
            ?disabled=${!this.changed && !this.typing_}
            aria-disabled=${this.busy_ ? 'true' : 'false'}
          >
            ${this.busy_ ? 'Saving…' : 'Save'}
          </button>
          ${this.changed ? html`<button type="button" @click=${this.discard}>Discard</button>` : html``}
        </div>
      </form>
    </section>`;
  }

  private room(room: string, known: readonly string[]): TemplateResult {
    return html`<div class="field">
      <label for="room">Room</label>
      <input id="room" list="rooms" maxlength="64" autocomplete="off" .value=${room} @input=${this.type('room')} />
      <datalist id="rooms">${known.map((value) => html`<option value=${value}></option>`)}</datalist>
    </div>`;
  }

  private labels(labels: readonly string[], known: readonly string[]): TemplateResult {
    return html`<div class="field">
      <label for="label">Labels</label>
      <div class="chips">
        ${labels.map(
          (label) =>
            html`<span class="chip"
              >${label}<button
                type="button"
                class="quiet"
                aria-label="Remove the label ${label}"
                @click=${() => (this.draft_ = withoutLabel(this.draft_, label))}
              >
                ${icons.close}
              </button></span
            >`,
        )}
      </div>
      <div class="add">
        <input
          id="label"
          list="labels"
          maxlength="64"
          autocomplete="off"
          autocapitalize="none"
          placeholder="Add a label"
          aria-describedby="label-hint"
          @input=${() => (this.typing_ = this.label_.value.trim() !== '')}
          @keydown=${this.labelKey}
        />
        <datalist id="labels">${known.map((value) => html`<option value=${value}></option>`)}</datalist>
        <button type="button" @click=${this.addLabels}>Add</button>
      </div>
      <p class="hint" id="label-hint">Grants for a label or a room hold on every device that has it.</p>
    </div>`;
  }

  private get saved(): Place {
    return placeOf(this.device);
  }

  private get place(): Place {
    return drafted(this.saved, this.draft_);
  }

  private get changed(): boolean {
    return JSON.stringify(this.place) !== JSON.stringify(this.saved);
  }

  private type(what: 'name' | 'room'): (event: Event) => void {
    return (event) => (this.draft_ = { ...this.draft_, [what]: (event.target as HTMLInputElement).value });
  }

  private labelKey(event: KeyboardEvent): void {
    // Enter and comma end a label here; Enter on an empty field saves the form.
    if (event.key !== ',' && (event.key !== 'Enter' || this.label_.value.trim() === '')) return;
    event.preventDefault();
    this.addLabels();
  }

  private addLabels(): void {
    const typed = parseLabels(this.label_.value);
    this.draft_ = withLabels(this.draft_, typed);
    this.label_.value = '';
    this.typing_ = false;
    this.label_.focus();
  }

  private discard(): void {
    this.draft_ = untouched;
    this.problem_ = null;
  }

  private async save(event: Event): Promise<void> {
    event.preventDefault();
    if (this.typing_) this.addLabels();
    const { saved: before, place: next, draft_: draft } = this;
    if (!this.changed || this.busy_) return;
    this.busy_ = true;
    this.problem_ = null;
    this.problem_ = await this.send(before, next);
    if (!this.problem_) {
      // What was typed meanwhile is not saved yet.
      if (this.draft_ === draft) this.draft_ = untouched;
      toasts.say('Saved.', () => void this.takeBack(next, before));
    }
    this.busy_ = false;
  }

  /** The form may be gone by then. */
  private async takeBack(next: Place, before: Place): Promise<void> {
    const problem = await this.send(next, before);
    if (problem) toasts.complain(`Not undone. ${problem.detail}`);
  }

  /** Changes what differs; why not, when the hub refused. */
  private async send(from: Place, to: Place): Promise<Problem | null> {
    try {
      devices.put(await this.one.change(changesOf(from, to)));
      return null;
    } catch (error) {
      return asProblem(error);
    }
  }
}
