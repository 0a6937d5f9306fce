import type { LiveSocket } from '../net/live.ts';
import type { Device, HubMessage, StreamInfo } from '../protocol.ts';
import { systemClock, type Clock } from './clock.ts';
import { Store } from './store.ts';

/** Often enough for a body that turns on the screen, and far rarer than a quick sensor measures. */
const telemetry_tick_ms = 50;

/** A device and the moment (page clock) at which its countdowns were true. */
export interface KnownDevice {
  device: Device;
  at: number;
}

export interface DevicesState {
  /** False until the first whole list has come; the page shows skeletons till then. */
  listed: boolean;
  byId: ReadonlyMap<string, KnownDevice>;
}

/** Every device the hub has told this page of, newest state each. */
export class DevicesStore {
  readonly state = new Store<DevicesState>({ listed: false, byId: new Map() });

  constructor(
    private readonly live: LiveSocket,
    private readonly clock: Clock = systemClock,
  ) {
    live.onMessage((message) => this.take(message));
  }

  watchList(): () => void {
    return this.live.keep('list', { type: 'watch_list' }, { type: 'unwatch_list' });
  }

  /** Hears everything of one device; its telemetry joined, the newest value a channel, every `telemetry_tick_ms`. */
  watch(device: string): () => void {
    const watch = { type: 'watch', device, tick_ms: telemetry_tick_ms };
    return this.live.keep(`device ${device}`, watch, { type: 'unwatch', device }, ({ code }) => {
      // Of what went while the connection was away the hub says no more than this.
      if (code === 'not_found') this.drop(device);
    });
  }

  get(id: string): KnownDevice | undefined {
    return this.state.value.byId.get(id);
  }

  /** Takes a device that came by HTTP; a newer one from the live socket replaces it. */
  put(device: Device): void {
    const byId = new Map(this.state.value.byId);
    byId.set(device.id, { device, at: this.clock.now() });
    this.state.patch({ byId });
  }

  /** Forgets what the hub no longer shows me. */
  keepOnly(ids: ReadonlySet<string>): void {
    const byId = new Map([...this.state.value.byId].filter(([id]) => ids.has(id)));
    if (byId.size < this.state.value.byId.size) this.state.patch({ byId });
  }

  clear(): void {
    this.state.set({ listed: false, byId: new Map() });
  }

  private take(message: HubMessage): void {
    switch (message.type) {
      case 'devices': {
        const at = this.clock.now();
        this.state.set({ listed: true, byId: new Map(message.devices.map((device) => [device.id, { device, at }])) });
        break;
      }
      case 'device':
        this.put(message.device);
        break;
      case 'device_gone':
        this.drop(message.device);
        break;
      default:
    }
  }

  private drop(device: string): void {
    const byId = new Map(this.state.value.byId);
    if (byId.delete(device)) this.state.patch({ byId });
  }
}

/** The hub has no plugin of the version that the device runs: it knows neither commands nor camera, and only STOP works. */
export function lacksPlugin({ plugin }: Pick<Device, 'plugin'>): boolean {
  return plugin?.installed === false;
}

/** Whether pictures of the stream can come: those of a camera that the hub reads itself do without the device. */
export function canShow({ presence }: Pick<Device, 'presence'>, { by_url }: Pick<StreamInfo, 'by_url'>): boolean {
  return presence === 'online' || by_url === true;
}

/** Where a card has its stills from; '' while nobody sees the card, or none can come. */
export function stillOf(device: Pick<Device, 'id' | 'presence' | 'streams'>, on_screen: boolean): string {
  const shown = picturesOf(device)[0];
  if (!on_screen || !shown || !canShow(device, shown)) return '';
  return `/api/v1/devices/${encodeURIComponent(device.id)}/streams/${encodeURIComponent(shown.name)}.jpg`;
}

/** What of a device can be seen, and what can be heard. */
export function picturesOf({ streams }: Pick<Device, 'streams'>): StreamInfo[] {
  return streams.filter(({ kind }) => kind !== 'sound');
}
export function soundsOf({ streams }: Pick<Device, 'streams'>): StreamInfo[] {
  return streams.filter(({ kind }) => kind === 'sound');
}

/** Over this link cameras hand over what they recorded, and no live picture; the hub may read one beside by URL. */
export function sendsCapturesOnly(device: Pick<Device, 'link' | 'streams'>): boolean {
  return device.link === 'cloudtalker' && picturesOf(device).length === 0;
}

/** Devices whose name, id, type, labels or room contain every word of `search`: those online first, then by name. */
export function findDevices(byId: ReadonlyMap<string, KnownDevice>, search: string): KnownDevice[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return [...byId.values()]
    .filter(({ device }) => {
      const { name, id, type, labels = [], room = '' } = device;
      const text = [name, id, type, type.replaceAll('_', ' '), ...labels, room].join(' ').toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => order(a.device).localeCompare(order(b.device)));
}

function order({ presence, name, id }: Device): string {
  return `${presence === 'online' ? 0 : 1} ${name} ${id}`;
}
