import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import { repeat } from 'lit/directives/repeat.js';
import { commands, devices, drivingTab, hubTime, live, rights, session, stops, turns } from '../app.ts';
import { asProblem, type Problem } from '../net/http.ts';
import type { ChannelInfo, CommandInfo, Device, PanelInfo, StreamInfo, TypeInfo } from '../protocol.ts';
import { adminPath } from '../router.ts';
import { lacksPlugin, picturesOf, sendsCapturesOnly, soundsOf, type KnownDevice } from '../state/devices.ts';
import { makePanelApi, type PanelApi } from '../state/panel_api.ts';
import { takesTurns } from '../state/stop.ts';
import { Store } from '../state/store.ts';
import { WatchStore } from '../state/watch.ts';
import { humanName } from '../text/names.ts';
import { agoText } from '../text/time.ts';
import { Follow } from './follow.ts';
import { icons } from './icons.ts';
import './rh_command_form.ts';
import './rh_event_log.ts';
import './rh_lazy.ts';
import './rh_listen.ts';
import './rh_panel_slot.ts';
import './rh_stop_button.ts';
import './rh_telemetry.ts';
import './rh_turn_bar.ts';
import './rh_video.ts';
import type { PictureSize } from './rh_video.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { devicePage } from './styles/device_page.ts';
import { surfaces } from './styles/surfaces.ts';

const captures = (): Promise<unknown> => import('./rh_device_captures.ts');
const charts = (): Promise<unknown> => import('./rh_charts.ts');

/** One device: its picture, the turn, STOP, its panels, every command, values and log. */
@customElement('rh-device-page')
export class RhDevicePage extends LitElement {
  static override styles = [base, controls, surfaces, devicePage];

  @property() device = '';
  @state() private problem_: Problem | null = null;
  /** The name of the camera that was chosen; '' for the first. */
  @state() private camera_ = '';
  private watch_: WatchStore | null = null;
  private api_: PanelApi | null = null;
  private asked_ = '';
  private was_known_ = false;
  private releases_: (() => void)[] = [];
  private measuring_: readonly ChannelInfo[] = [];
  private readonly picture_ = new Store<PictureSize | null>(null);

  constructor() {
    super();
    new Follow(this, devices.state, rights.state, session.state, live.connection);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.release();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('device')) this.open();
    // Revoked, or no longer mine to see: the hub says which.
    if (this.was_known_ && !this.known) void this.load('');
    this.was_known_ = this.known !== undefined;
    const asked = this.known ? typeMark(this.known.device) : '';
    // An agent of another version has come, or another kind of link: its commands and panels may differ.
    if (this.known && asked !== this.asked_) void this.load(asked);
  }

  private get known(): KnownDevice | undefined {
    return devices.get(this.device);
  }

  private open(): void {
    this.release();
    this.problem_ = null;
    this.camera_ = '';
    this.api_ = null;
    this.asked_ = '\u0000';
    this.was_known_ = false;
    this.picture_.set(null);
    const watch = new WatchStore(this.device, live);
    this.watch_ = watch;
    this.releases_ = [
      () => watch.close(),
      drivingTab.show(this.device),
      devices.watch(this.device),
      ...[watch.type, watch.events, watch.values].map((store) => store.subscribe(() => this.requestUpdate())),
      // What could not be asked for while the hub was away.
      live.connection.subscribe(() => {
        if (this.problem_ && live.connection.value.kind === 'online') this.again();
      }),
    ];
    if (!this.known) void this.load('');
  }

  private release(): void {
    const releases = this.releases_;
    this.releases_ = [];
    // Panels go after this element, and each may let go with a last command: that needs the turn, and makes the hub watch
    // the device again. So the device is let go of behind them.
    queueMicrotask(() => {
      for (const release of releases) release();
    });
  }

  private async load(mark: string): Promise<void> {
    const watch = this.watch_;
    if (!watch) return;
    this.asked_ = mark;
    try {
      const device = await watch.load();
      if (watch !== this.watch_) return;
      this.asked_ = typeMark(device);
      if (!devices.get(device.id)) devices.put(device);
      if (device.can) rights.put(device.id, device.can);
      this.problem_ = null;
      this.api_ = this.apiFor(watch, device.type_info);
      this.requestUpdate();
    } catch (error) {
      if (watch === this.watch_) this.problem_ = asProblem(error);
    }
  }

  private again(): void {
    void this.load(this.known ? typeMark(this.known.device) : '');
  }

  /** Panels of a type that says the same as before go on as they are. */
  private apiFor(watch: WatchStore, type: TypeInfo | null): PanelApi | null {
    if (this.api_ && JSON.stringify(this.api_.typeInfo) === JSON.stringify(type)) return this.api_;
    return type ? this.makeApi(watch, type) : null;
  }

  private makeApi(watch: WatchStore, type: TypeInfo): PanelApi {
    return makePanelApi(this.device, type, {
      devices,
      turns,
      tab: drivingTab,
      commands,
      stops,
      watch,
      picture: this.picture_,
      now: () => performance.now(),
    });
  }

  /** A device none of whose commands needs a turn (a camera that is armed, say) has no line to stand in. */
  private showsTurns(type: TypeInfo | null, device: Device): boolean {
    return !type || takesTurns(type) || device.turn.holder !== null;
  }

  override render(): TemplateResult {
    const known = this.known;
    if (!known) return this.problem_ ? this.absent(this.problem_) : this.skeleton();
    const { device } = known;
    const type = this.watch_?.type.value ?? null;
    const cameras = picturesOf(device);
    const stream = cameras.find(({ name }) => name === this.camera_) ?? cameras[0];
    const sounds = soundsOf(device);
    return html`
      <div class="title">
        <a class="back" href="/" aria-label="All devices">${icons.back}</a>
        <h1>${device.name || device.id}</h1>
        ${this.presence(device)}
      </div>
      <div class="columns">
        <div class="stage ${stream ? '' : 'blind'} ${rights.of(device.id).moderate ? 'moderated' : ''}">
          ${this.cameras(cameras, stream)} ${this.video(type, device, stream, stream === cameras[0])}
          ${repeat(
            sounds,
            ({ name }) => name,
            (sound) => html`<rh-listen .device=${device} .stream=${sound} ?named=${sounds.length > 1}></rh-listen>`,
          )}
          ${this.showsTurns(type, device) ? html`<rh-turn-bar .known=${known}></rh-turn-bar>` : nothing}
        </div>
        <div class="side">
          ${rights.of(device.id).stop
            ? html`<rh-stop-button .device=${device} .type=${type}></rh-stop-button>`
            : nothing}
          ${this.problem_ ? this.unread(this.problem_) : nothing} ${lacksPlugin(device) ? this.lack(device) : nothing}
          ${this.panels(type, device, 'side')} ${this.commands(type)}
        </div>
        <div class="below">
          ${this.charts(type)} ${this.captures(type, device)}
          <section class="card part">
            <h2>Events</h2>
            <rh-event-log .events=${this.watch_?.events.value ?? []}></rh-event-log>
          </section>
          ${this.values(type)} ${this.administration(device)}
        </div>
      </div>
    `;
  }

  private cameras(cameras: readonly StreamInfo[], shown: StreamInfo | undefined): TemplateResult | typeof nothing {
    if (cameras.length < 2) return nothing;
    return html`<select
      class="cameras"
      aria-label="Camera shown"
      @change=${(event: Event) => (this.camera_ = (event.target as HTMLSelectElement).value)}
    >
      ${cameras.map(
        ({ name }) => html`<option value=${name} .selected=${name === shown?.name}>${humanName(name)}</option>`,
      )}
    </select>`;
  }

  /**
   * Panels over the picture reckon in that of the first camera: they are never over another's. So each camera has an
   * element of its own, and the last picture of one is gone when the panels of the other come.
   */
  private video(type: TypeInfo | null, device: Device, stream: StreamInfo | undefined, first: boolean): unknown {
    return keyed(
      first ? '' : stream?.name,
      html`<rh-video
        .device=${device}
        .stream=${stream}
        ?connected=${!live.lost}
        @picture=${(event: CustomEvent<PictureSize>) => {
          if (first) this.picture_.set(event.detail);
        }}
      >
        ${first ? this.panels(type, device, 'video') : nothing}
      </rh-video>`,
    );
  }

  /** The device is known from the list, but not yet what it can do. */
  private unread({ detail }: Problem): TemplateResult {
    return html`<div class="note warn lack" role="status">
      <p><strong>Its commands could not be read.</strong> ${detail}</p>
      <button @click=${() => this.again()}>Try again</button>
    </div>`;
  }

  private lack({ type, plugin }: Device): TemplateResult {
    const version = plugin?.version ?? '';
    return html`<div class="note warn lack">
      <p>
        <strong>Only STOP works.</strong> This device runs version ${version} of ${humanName(type)}, which is not
        installed on this hub.
      </p>
      ${session.state.value.info?.can.administer
        ? html`<p>
            Install version ${version} on the hub and start the hub again, or put the hub’s version on the device.
            <a href="/admin/plugins">What is installed</a>
          </p>`
        : html`<p>Whoever looks after this hub can mend that.</p>`}
    </div>`;
  }

  private presence(device: Device): TemplateResult {
    if (device.presence === 'online') return html`<span class="badge ok">Online</span>`;
    if (device.presence === 'never') return html`<span class="badge">Not yet connected</span>`;
    return html`<span class="badge danger">Offline, ${agoText(hubTime.now() - device.since_ms)}</span>`;
  }

  private panels(type: TypeInfo | null, device: Device, slot: PanelInfo['slot']): TemplateResult[] {
    const api = this.api_;
    if (!type || !api || !device.plugin?.installed) return [];
    const folder = `/plugins/${encodeURIComponent(device.type)}/${encodeURIComponent(device.plugin.version)}/`;
    const panels = (type.panels ?? []).filter((panel) => panel.slot === slot);
    return panels.map((panel) =>
      slot === 'video'
        ? html`<rh-panel-slot over .panel=${panel} .api=${api} .folder=${folder}></rh-panel-slot>`
        : html`<section class="card part">
            <h2>${panel.title}</h2>
            <rh-panel-slot .panel=${panel} .api=${api} .folder=${folder}></rh-panel-slot>
          </section>`,
    );
  }

  private commands(type: TypeInfo | null): TemplateResult | typeof nothing {
    const all = type?.commands ?? [];
    if (all.length === 0) return nothing;
    const hasPanel = (type?.panels ?? []).length > 0;
    const folded = (info: CommandInfo): boolean => hasPanel && info.panel === true;
    const shown = all.filter((info) => !folded(info));
    const form = (info: CommandInfo): TemplateResult =>
      html`<details class="command" ?open=${!folded(info) && shown.length === 1}>
        <summary>${info.title || humanName(info.name)}</summary>
        <rh-command-form .device=${this.device} .info=${info}></rh-command-form>
      </details>`;
    const rest = all.filter(folded);
    return html`<section class="card part">
      <h2>Commands</h2>
      ${shown.map(form)}
      ${rest.length > 0
        ? html`<details class="folded">
            <summary>${shown.length > 0 ? 'Commands of the panel' : 'All commands, as forms'}</summary>
            ${rest.map(form)}
          </details>`
        : nothing}
    </section>`;
  }

  private charts(type: TypeInfo | null): TemplateResult | typeof nothing {
    const { watch_: watch } = this;
    const channels = (type?.channels ?? []).filter(({ kind }) => kind === 'value');
    if (channels.length === 0 || !watch) return nothing;
    const view = (): TemplateResult =>
      html`<rh-charts .device=${this.device} .channels=${this.measuring(channels)} .watch=${watch}></rh-charts>`;
    return html`<section class="card part wide" aria-label="Measured">
      <rh-lazy slim .load=${charts} .view=${view}></rh-lazy>
    </section>`;
  }

  /** What has a camera has captures, and what can be asked for one: over some links no live picture comes with them. */
  private captures(type: TypeInfo | null, device: Device): TemplateResult | typeof nothing {
    const captures_alone = sendsCapturesOnly(device) || (type?.commands ?? []).some(({ name }) => name === 'capture');
    if (picturesOf(device).length === 0 && !captures_alone) return nothing;
    const view = (): TemplateResult => html`<rh-device-captures .device=${device}></rh-device-captures>`;
    return html`<section class="card part wide" aria-label="Captures">
      <rh-lazy slim .load=${captures} .view=${view}></rh-lazy>
    </section>`;
  }

  /** The same list as long as it says the same, so that charts go on. */
  private measuring(channels: ChannelInfo[]): readonly ChannelInfo[] {
    if (JSON.stringify(channels) !== JSON.stringify(this.measuring_)) this.measuring_ = channels;
    return this.measuring_;
  }

  private values(type: TypeInfo | null): TemplateResult | typeof nothing {
    const channels = (type?.channels ?? []).filter(({ kind }) => kind !== 'value');
    if (channels.length === 0) return nothing;
    return html`<section class="card part">
      <h2>Readings</h2>
      <rh-telemetry .channels=${channels} .values=${this.watch_?.values.value ?? new Map()}></rh-telemetry>
    </section>`;
  }

  private administration({ id }: Device): TemplateResult | typeof nothing {
    if (!rights.of(id).administer) return nothing;
    return html`<p class="wide"><a class="button" href=${adminPath('devices', id)}>Administer this device</a></p>`;
  }

  private absent(problem: Problem): TemplateResult {
    const missing = problem.code === 'not_found';
    return html`<div class="absent">
      <h1>${missing ? 'There is no such device' : 'The device cannot be shown'}</h1>
      <p class="muted">${missing ? `No device of this hub is called “${this.device}”.` : problem.detail}</p>
      ${missing ? nothing : html`<button @click=${() => this.again()}>Try again</button>`}
      <a class="button primary" href="/">All devices</a>
    </div>`;
  }

  private skeleton(): TemplateResult {
    return html`<div class="title"><h1 class="unseen">Loading</h1></div>
      <div class="columns" aria-hidden="true">
        <div class="stage"><div class="blank picture"></div></div>
        <div class="side"><div class="blank card"></div></div>
      </div>`;
  }
}

/**
 * Of what the device's type depends on: the version, whether the hub has it, and while the device is there what a link
 * without our agent can do.
 */
function typeMark({ plugin, link = 'agent', presence }: Device): string {
  const version = plugin ? `${plugin.version} ${String(plugin.installed)}` : '';
  return `${version} ${link === 'agent' ? '' : presence}`;
}
