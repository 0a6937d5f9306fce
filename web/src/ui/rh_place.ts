import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { devices, toasts } from '../app.ts';
import { asProblem, type Problem } from '../net/http.ts';
import type { Device } from '../protocol.ts';
import { parseLabels, placesOf, type OneDevice } from '../state/admin_devices.ts';
import { icons } from './icons.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

interface Place {
  name: string;
  room: string;
  labels: readonly string[];
}

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
  /** What is typed and not yet saved; null while all is as the hub has it. */
  @state() private draft_: Place | null = null;
  /** A label stands in the field that was not added yet; saving adds it. */
  @state() private typing_ = false;
  @state() private busy_ = false;
  @state() private problem_: Problem | null = null;
  @query('#label') private readonly label_!: HTMLInputElement;

  protected override willUpdate(changed: PropertyValues): void {
    const before = changed.get('device') as Device | undefined;
    if (before && before.id !== this.device.id) this.draft_ = null;
  }

  override render(): TemplateResult {
    const { name, room, labels } = this.place;
    const known = placesOf([...devices.state.value.byId.values()].map(({ device }) => device));
    return html`<section class="card part" aria-labelledby="title">
      <h2 id="title">Name and place</h2>
      <form @submit=${this.save}>
        <div class="form-row">
          <div class="field">
            <label for="name">Name</label>
            <input id="name" maxlength="64" .value=${name} @input=${this.type('name')} />
          </div>
          <div class="field">
            <label for="room">Room</label>
            <input
              id="room"
              list="rooms"
              maxlength="64"
              autocomplete="off"
              .value=${room}
              @input=${this.type('room')}
            />
            <datalist id="rooms">${known.rooms.map((value) => html`<option value=${value}></option>`)}</datalist>
          </div>
        </div>
        <div class="field">
          <label for="label">Labels</label>
          <div class="chips">
            ${labels.map(
              (label) =>
                html`<span class="chip"
                  >${label}<button
                    type="button"
                    class="quiet"
                    aria-label="Remove the label ${label}"
                    @click=${() => this.edit({ labels: labels.filter((other) => other !== label) })}
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
            <datalist id="labels">${known.labels.map((value) => html`<option value=${value}></option>`)}</datalist>
            <button type="button" @click=${this.addLabels}>Add</button>
          </div>
          <p class="hint" id="label-hint">Grants for a label or a room hold on every device that has it.</p>
        </div>
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

  private get saved(): Place {
    return { name: this.device.name, room: this.device.room ?? '', labels: this.device.labels ?? [] };
  }

  private get place(): Place {
    return this.draft_ ?? this.saved;
  }

  private get changed(): boolean {
    return this.draft_ !== null && JSON.stringify(this.draft_) !== JSON.stringify(this.saved);
  }

  private edit(part: Partial<Place>): void {
    this.draft_ = { ...this.place, ...part };
  }

  private type(what: 'name' | 'room'): (event: Event) => void {
    return (event) => this.edit({ [what]: (event.target as HTMLInputElement).value });
  }

  private labelKey(event: KeyboardEvent): void {
    // Enter and comma end a label here; Enter on an empty field saves the form.
    if (event.key !== ',' && (event.key !== 'Enter' || this.label_.value.trim() === '')) return;
    event.preventDefault();
    this.addLabels();
  }

  private addLabels(): void {
    const typed = parseLabels(this.label_.value);
    if (typed.length > 0) this.edit({ labels: [...new Set([...this.place.labels, ...typed])] });
    this.label_.value = '';
    this.typing_ = false;
    this.label_.focus();
  }

  private discard(): void {
    this.draft_ = null;
    this.problem_ = null;
  }

  private async save(event: Event): Promise<void> {
    event.preventDefault();
    if (this.typing_) this.addLabels();
    const before = this.saved;
    const next = this.draft_;
    if (!next || !this.changed || this.busy_) return;
    this.busy_ = true;
    this.problem_ = null;
    if (await this.send(before, next)) {
      // What was typed meanwhile is not saved yet.
      if (this.draft_ === next) this.draft_ = null;
      toasts.say('Saved.', () => void this.send(next, before));
    }
    this.busy_ = false;
  }

  /** Changes what differs; false when the hub refused. */
  private async send(from: Place, to: Place): Promise<boolean> {
    try {
      const device = await this.one.change({
        ...(to.name.trim() !== from.name && { name: to.name.trim() }),
        ...(to.room.trim() !== from.room && { room: to.room.trim() }),
        ...(JSON.stringify(to.labels) !== JSON.stringify(from.labels) && { labels: [...to.labels] }),
      });
      devices.put(device);
      return true;
    } catch (error) {
      this.problem_ = asProblem(error);
      return false;
    }
  }
}
