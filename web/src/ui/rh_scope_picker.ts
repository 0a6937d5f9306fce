import { html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { devices } from '../app.ts';
import type { Scope } from '../protocol_people.ts';
import { placesOf } from '../state/admin_devices.ts';
import { Follow } from './follow.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { tables } from './styles/tables.ts';

const kinds: readonly { kind: Scope['kind']; title: string; list: 'ids' | 'labels' | 'rooms' }[] = [
  { kind: 'device', title: 'One device', list: 'ids' },
  { kind: 'label', title: 'Devices with a label', list: 'labels' },
  { kind: 'room', title: 'Devices in a room', list: 'rooms' },
];

/** Where a right holds: picked from what the hub has, or typed (for what is yet to come). */
@customElement('rh-scope-picker')
export class RhScopePicker extends LitElement {
  static override styles = [base, controls, tables];

  @property() problem = '';
  @state() private kind_: Scope['kind'] = 'device';
  @state() private value_ = '';
  private release_: (() => void) | null = null;

  constructor() {
    super();
    new Follow(this, devices.state);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.release_ = devices.watchList();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.release_?.();
  }

  /** What is picked, or null while nothing is. */
  get scope(): Scope | null {
    const value = this.value_.trim();
    return value ? { kind: this.kind_, value } : null;
  }

  clear(): void {
    this.value_ = '';
  }

  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('#value')?.focus();
  }

  override render(): TemplateResult {
    const known = placesOf([...devices.state.value.byId.values()].map(({ device }) => device));
    const chosen = kinds.find(({ kind }) => kind === this.kind_);
    const names = { device: 'Device id', label: 'Label', room: 'Room' };
    return html`<div class="form-row">
      <div class="field">
        <label for="kind">Where</label>
        <select id="kind" @change=${this.pickKind}>
          ${kinds.map(
            ({ kind, title }) => html`<option value=${kind} ?selected=${kind === this.kind_}>${title}</option>`,
          )}
        </select>
      </div>
      <div class="field">
        <label for="value">${names[this.kind_]}</label>
        <input
          id="value"
          list="known"
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
          maxlength="64"
          .value=${this.value_}
          aria-invalid=${this.problem ? 'true' : 'false'}
          aria-describedby="wrong"
          @input=${(event: Event) => (this.value_ = (event.target as HTMLInputElement).value)}
        />
        <datalist id="known">
          ${known[chosen?.list ?? 'ids'].map((value) => html`<option value=${value}></option>`)}
        </datalist>
        <p class="wrong" id="wrong" role="alert" ?hidden=${!this.problem}>${this.problem}</p>
      </div>
    </div>`;
  }

  private pickKind(event: Event): void {
    this.kind_ = (event.target as HTMLSelectElement).value as Scope['kind'];
    this.value_ = '';
  }
}
