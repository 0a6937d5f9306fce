import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { devices } from '../app.ts';
import { asProblem, type Problem } from '../net/http.ts';
import type { ForeignEnrolment } from '../protocol_media.ts';
import type { Enrolment } from '../protocol_people.ts';
import { adminPath } from '../router.ts';
import { enrol, enrolForeign, listTypes, suggestId, type DeviceType } from '../state/admin_devices.ts';
import { Resource } from '../state/resource.ts';
import { humanName } from '../text/names.ts';
import { Follow } from './follow.ts';
import { openModal } from './open_modal.ts';
import './rh_claim.ts';
import './rh_enrol_foreign.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { dialogs } from './styles/dialogs.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

type Way = 'agent' | 'cloudtalker' | 'robot_tcp' | 'mqtt';

const ways: readonly { way: Way; text: string }[] = [
  { way: 'agent', text: 'By Robohub’s agent on its machine' },
  { way: 'cloudtalker', text: 'Camera with the cloudtalker program' },
  { way: 'robot_tcp', text: 'Robot over TCP' },
  { way: 'mqtt', text: 'Over MQTT' },
];

/** Enrols a device: what it is called and what it is; then what its machine needs. */
@customElement('rh-enrol')
export class RhEnrol extends LitElement {
  static override styles = [base, controls, surfaces, tables, dialogs];

  @state() private shown_ = false;
  @state() private busy_ = false;
  @state() private problem_: Problem | null = null;
  @state() private name_ = '';
  @state() private id_ = '';
  /** The id was typed, so a name no longer changes it. */
  @state() private own_id_ = false;
  @state() private way_: Way = 'agent';
  @state() private enrolment_: Enrolment | null = null;
  @state() private foreign_: ForeignEnrolment | null = null;
  @query('dialog') private readonly dialog_!: HTMLDialogElement;
  private readonly types_ = new Resource(listTypes);

  constructor() {
    super();
    new Follow(this, this.types_.state, devices.state);
  }

  open(): void {
    this.shown_ = true;
    this.problem_ = null;
    this.enrolment_ = null;
    this.foreign_ = null;
    this.way_ = 'agent';
    this.name_ = '';
    this.id_ = '';
    this.own_id_ = false;
    void this.types_.load();
    void this.updateComplete.then(() => {
      openModal(this.dialog_);
      this.renderRoot.querySelector<HTMLElement>('#name')?.focus();
    });
  }

  override render(): TemplateResult {
    return html`<dialog
      class="wide"
      aria-labelledby="title"
      @cancel=${this.cancel}
      @close=${() => (this.shown_ = false)}
    >
      ${!this.shown_ ? nothing : (this.done() ?? this.form())}
    </dialog>`;
  }

  private form(): TemplateResult {
    const wrong = (name: string): string => (this.problem_?.pointer === `/${name}` ? this.problem_.detail : '');
    const elsewhere = this.problem_ && !wrong('id') && !wrong('type') && !wrong('name');
    return html`<form @submit=${this.submit} autocomplete="off">
      <h2 id="title">Enrol a device</h2>
      ${elsewhere ? html`<p class="note danger" role="alert">${this.problem_?.detail}</p>` : nothing}
      <div class="field">
        <label for="way">How it connects</label>
        <select id="way" @change=${(event: Event) => (this.way_ = (event.target as HTMLSelectElement).value as Way)}>
          ${ways.map(({ way, text }) => html`<option value=${way} ?selected=${way === this.way_}>${text}</option>`)}
        </select>
      </div>
      ${this.way_ === 'robot_tcp' || this.way_ === 'mqtt' ? this.elsewhere(this.way_) : this.fields(wrong)}
    </form>`;
  }

  /** These are not enrolled here: they come, or stand in the configuration. */
  private elsewhere(way: 'robot_tcp' | 'mqtt'): TemplateResult {
    return html`${way === 'robot_tcp'
        ? html`<p class="note">
            Set <code>robots.listen</code> in the hub’s configuration, start the hub again, and point the robot’s
            program at that address and port. When it comes, it waits on this page to be accepted or refused.
          </p>`
        : html`<p class="note">
            Say in the hub’s configuration where the broker is (<code>mqtt</code>) and what the device’s topics mean
            (<code>devices.NAME.mqtt</code>). After a restart of the hub it is in this list.
          </p>`}
      <div class="actions">
        <a class="button" href=${adminPath('config')} @click=${() => this.dialog_.close()}>Configuration</a>
        <button type="button" class="primary" @click=${() => this.dialog_.close()}>Close</button>
      </div>`;
  }

  private fields(wrong: (name: string) => string): TemplateResult {
    const exists = devices.get(this.id_.trim())?.device;
    return html`<div class="field">
        <label for="name">Name</label>
        <input
          id="name"
          maxlength="64"
          required
          placeholder="Such as “Arm by the window”"
          .value=${this.name_}
          aria-invalid=${wrong('name') ? 'true' : 'false'}
          aria-describedby="name-wrong"
          @input=${this.typeName}
        />
        <p class="wrong" id="name-wrong" role="alert" ?hidden=${!wrong('name')}>${wrong('name')}</p>
      </div>
      <div class="field">
        <label for="id">Id</label>
        <input
          id="id"
          class="mono"
          maxlength="64"
          required
          pattern="[a-z0-9][a-z0-9_\\-]*"
          title="a–z, 0–9, dash and underscore; a letter or digit first"
          autocapitalize="none"
          spellcheck="false"
          .value=${this.id_}
          aria-invalid=${wrong('id') ? 'true' : 'false'}
          aria-describedby="id-wrong id-hint"
          @input=${this.typeId}
        />
        <p class="wrong" id="id-wrong" role="alert" ?hidden=${!wrong('id')}>${wrong('id')}</p>
        <p class="hint" id="id-hint">
          ${exists
            ? exists.presence === 'never'
              ? 'Enrolled already, but never claimed: it gets a new code.'
              : 'There is a device with this id.'
            : 'It stays; the name can change. Addresses, grants and programs use it.'}
        </p>
      </div>
      ${this.typeField(wrong('type'))}
      <div class="actions">
        <button type="button" @click=${() => this.dialog_.close()}>Cancel</button>
        <button
          class="primary"
          ?disabled=${this.types_.value?.length === 0}
          aria-disabled=${this.busy_ || !this.types_.value ? 'true' : 'false'}
        >
          ${this.busy_ ? 'Enrolling…' : 'Enrol'}
        </button>
      </div>`;
  }

  private typeField(wrong: string): TemplateResult {
    const { value, problem } = this.types_.state.value;
    if (problem && !value) {
      return html`<div class="note danger failed" role="alert">
        <p>${problem.detail}</p>
        <button type="button" class="slim" @click=${() => void this.types_.load()}>Try again</button>
      </div>`;
    }
    if (value?.length === 0) {
      return html`<p class="note warn">
        No plugin is installed, so this hub knows no type of device. <a href="/admin/plugins">How to install one</a>
      </p>`;
    }
    return html`<div class="field">
      <label for="type">Type</label>
      <select id="type" required aria-invalid=${wrong ? 'true' : 'false'} aria-describedby="type-wrong">
        ${(value ?? []).map(
          ({ type, plugin }: DeviceType) =>
            html`<option value=${type} ?selected=${this.way_ === 'cloudtalker' && type === camera_type}>
              ${typeText(type, plugin)}
            </option>`,
        )}
      </select>
      <p class="wrong" id="type-wrong" role="alert" ?hidden=${!wrong}>${wrong}</p>
    </div>`;
  }

  private done(): TemplateResult | null {
    const enrolment = this.enrolment_ ?? this.foreign_;
    if (!enrolment) return null;
    return html`<div class="inside">
      <h2 id="title" tabindex="-1">${this.name_} is enrolled</h2>
      ${this.enrolment_ ? html`<rh-claim .enrolment=${this.enrolment_}></rh-claim>` : nothing}
      ${this.foreign_ ? html`<rh-enrol-foreign .enrolment=${this.foreign_}></rh-enrol-foreign>` : nothing}
      <div class="actions">
        <a class="button primary" href=${adminPath('devices', enrolment.id)} @click=${() => this.dialog_.close()}>
          To the device
        </a>
      </div>
    </div>`;
  }

  private typeName(event: Event): void {
    this.name_ = (event.target as HTMLInputElement).value;
    if (!this.own_id_) this.id_ = suggestId(this.name_, (id) => devices.get(id) !== undefined);
  }

  private typeId(event: Event): void {
    this.id_ = (event.target as HTMLInputElement).value;
    this.own_id_ = this.id_ !== '';
  }

  private cancel(event: Event): void {
    if (this.busy_) event.preventDefault();
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const type = this.renderRoot.querySelector<HTMLSelectElement>('#type')?.value ?? '';
    if (this.busy_ || type === '') return;
    this.busy_ = true;
    this.problem_ = null;
    try {
      const [id, name] = [this.id_.trim(), this.name_.trim()];
      if (this.way_ === 'cloudtalker') this.foreign_ = await enrolForeign(id, type, name, this.way_);
      else this.enrolment_ = await enrol(id, type, name);
      await this.updateComplete;
      this.renderRoot.querySelector<HTMLElement>('#title')?.focus();
    } catch (error) {
      this.problem_ = asProblem(error);
    }
    this.busy_ = false;
  }
}

/** What a camera with the cloudtalker program is, where that plugin is installed. */
const camera_type = 'cloud_camera';

/** The type in words, with its plugin where that says more. */
function typeText(type: string, plugin: string): string {
  const words = humanName(type);
  return plugin.toLowerCase() === words.toLowerCase() ? words : `${words} – ${plugin}`;
}
