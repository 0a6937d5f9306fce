import { request } from '../net/http.ts';
import type { LiveSocket } from '../net/live.ts';
import type { DeviceWithType, HubMessage, LogEvent, Telemetry, TypeInfo } from '../protocol.ts';
import { Store } from './store.ts';

const most_events = 200;

/** Hears a value, measured at `t_ms` of the hub's wall clock. */
export type Hear = (value: Record<string, unknown>, t_ms: number) => void;

export interface LoggedEvent extends LogEvent {
  /** Rises with each event; a key for lists. */
  serial: number;
}

/** What a device page shows beside the device itself: its type, its newest values, its log. */
export class WatchStore {
  readonly type = new Store<TypeInfo | null>(null);
  readonly events = new Store<readonly LoggedEvent[]>([]);
  readonly values = new Store<ReadonlyMap<string, Telemetry>>(new Map());
  private serial_ = 0;
  private readonly release_: () => void;
  private readonly channels_ = new Map<string, Set<Hear>>();

  constructor(
    readonly device: string,
    live: LiveSocket,
    private readonly get: (id: string) => Promise<DeviceWithType> = (id) =>
      request('GET', `/api/v1/devices/${encodeURIComponent(id)}`),
  ) {
    this.release_ = live.onMessage((message) => this.take(message));
  }

  close(): void {
    this.release_();
  }

  /** Asks for the device and its type. @throws Problem, `not_found` when there is no such device. */
  async load(): Promise<DeviceWithType> {
    const device = await this.get(this.device);
    this.type.set(device.type_info);
    return device;
  }

  /** Hears one channel: its newest value at once (if any), then each new one. */
  subscribe(channel: string, callback: Hear): () => void {
    const callbacks = this.channels_.get(channel) ?? new Set();
    this.channels_.set(channel, callbacks);
    callbacks.add(callback);
    const newest = this.values.value.get(channel);
    if (newest) callback(newest.value, newest.t_ms);
    return () => callbacks.delete(callback);
  }

  /** Each new connection brings the newest events again. */
  private knows({ at_ms, kind, text }: LogEvent): boolean {
    return this.events.value.some((event) => event.at_ms === at_ms && event.kind === kind && event.text === text);
  }

  private take(message: HubMessage): void {
    if (message.type === 'telemetry' && message.device === this.device) {
      this.values.set(new Map(this.values.value).set(message.channel, message));
      for (const callback of [...(this.channels_.get(message.channel) ?? [])]) callback(message.value, message.t_ms);
    }
    if (message.type === 'event' && message.device === this.device && !this.knows(message)) {
      this.events.set([{ ...message, serial: this.serial_++ }, ...this.events.value].slice(0, most_events));
    }
  }
}
