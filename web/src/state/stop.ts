import { request } from '../net/http.ts';
import type { LiveSocket, Message } from '../net/live.ts';
import type { Can, Device, Stop, TypeInfo } from '../protocol.ts';
import { sentence } from '../text/names.ts';
import { StopDelivery, type Press } from './stop_delivery.ts';
import { Store } from './store.ts';

/** My presses of STOP. Each goes by every way that there is until the hub has it, and is not forgotten before. */
export class StopStore {
  /** By device id; `*` is the button that stops everything. */
  readonly presses = new Store<ReadonlyMap<string, Press>>(new Map());
  private readonly deliveries_ = new Map<string, StopDelivery>();
  private online_: boolean;

  constructor(
    private readonly live: LiveSocket,
    private readonly post: (path: string, signal: AbortSignal) => Promise<unknown> = (path, signal) =>
      request('POST', path, {}, signal),
  ) {
    this.online_ = live.connection.value.kind === 'online';
    live.connection.subscribe(() => this.follow());
  }

  press(device: string): void {
    this.deliver(device, { type: 'stop', device }, `/api/v1/devices/${encodeURIComponent(device)}/stop`);
  }

  pressAll(): void {
    this.deliver('*', { type: 'stop_all' }, '/api/v1/stop');
  }

  /** Ends a stop. @throws Problem when I may not, or the hub is away. */
  async reset(device: string): Promise<void> {
    await this.live.request({ type: 'reset', device });
    // One that was pressed meanwhile is a new stop.
    if (!this.deliveries_.get(device)?.wanted) this.mark(device, null);
  }

  /** Who pressed has left this page: whoever comes next has pressed nothing. */
  clear(): void {
    for (const delivery of this.deliveries_.values()) delivery.end();
    this.deliveries_.clear();
    this.presses.set(new Map());
  }

  private follow(): void {
    const online = this.live.connection.value.kind === 'online';
    if (online && !this.online_) for (const delivery of this.deliveries_.values()) delivery.online();
    this.online_ = online;
  }

  private deliver(key: string, message: Message, path: string): void {
    let delivery = this.deliveries_.get(key);
    if (!delivery) {
      const post = (signal: AbortSignal): Promise<unknown> => this.post(path, signal);
      delivery = new StopDelivery(this.live, message, post, (press) => this.mark(key, press));
      this.deliveries_.set(key, delivery);
    }
    delivery.press();
  }

  private mark(key: string, press: Press | null): void {
    const presses = new Map(this.presses.value);
    if (press) presses.set(key, press);
    else presses.delete(key);
    this.presses.set(presses);
  }
}

/**
 * Whether I may end the stop of this device: who administers it may; without hazards also who has the turn or, where no
 * command needs one, who may play. `type`: null while it is not known.
 */
export function mayReset(
  { stop, hazards }: Pick<Device, 'stop' | 'hazards'>,
  can: Pick<Can, 'play' | 'administer'>,
  active: boolean,
  type: Pick<TypeInfo, 'commands'> | null,
): boolean {
  if (stop.state === 'none') return false;
  if (can.administer) return true;
  if (hazards.length > 0) return false;
  return active || (can.play && type !== null && !takesTurns(type));
}

/** Whether somebody can stand in a line for this type: some of its commands needs the turn. */
export function takesTurns({ commands }: Pick<TypeInfo, 'commands'>): boolean {
  return (commands ?? []).some(({ turn }) => turn === 'required');
}

export interface StopView {
  tone: 'idle' | 'busy' | 'safe' | 'danger';
  title: string;
  detail: string;
}

/**
 * The honest words for a stop of everything. `known`: the hub has said which devices there are, and it is heard now.
 */
export function describeStopAll(
  known: boolean,
  list: readonly Pick<Device, 'stop'>[],
  press?: Press,
): { tone: 'busy' | 'safe' | 'danger'; text: string } {
  if (press?.phase === 'unheard') return { tone: 'danger', text: `The stop did NOT reach the hub. ${press.detail}` };
  const count = (state: Stop['state']): number => list.filter(({ stop }) => stop.state === state).length;
  const [confirmed, unconfirmed] = [count('confirmed'), count('unconfirmed')];
  if (press?.phase !== 'heard' || !known || confirmed + unconfirmed < list.length)
    return { tone: 'busy', text: 'Stopping all devices…' };
  if (list.length === 0) return { tone: 'safe', text: 'There is no device to stop.' };
  if (unconfirmed > 0)
    return { tone: 'danger', text: `${confirmed} of ${list.length} confirmed; ${unconfirmed} NOT confirmed.` };
  return { tone: 'safe', text: `All ${list.length} confirmed.` };
}

/** The honest words for a device's stop: "stopped" only for what the device itself has confirmed. */
export function describeStop(
  device: Pick<Device, 'presence' | 'fenced' | 'halt'>,
  stop: Stop,
  press?: Press,
  lost = false,
): StopView {
  if (press?.phase === 'unheard') {
    return {
      tone: 'danger',
      title: 'Stop did NOT reach the hub',
      detail: `${press.detail} Make it safe by hand. The stop is sent as soon as the hub is back.`,
    };
  }
  const by = stop.by ? ` Pressed by ${stop.by}.` : '';
  switch (stop.state) {
    case 'confirmed':
      // Somebody may have reset it since: "safe" is said only of what the hub says now.
      if (lost)
        return { tone: 'busy', title: 'Stopped when last heard', detail: 'The connection is lost; this may be old.' };
      if (press?.phase === 'pressing') return { tone: 'busy', title: 'Stopping…', detail: 'Telling the hub.' };
      return { tone: 'safe', title: 'Stopped', detail: `Confirmed by the device.${by}` };
    case 'unconfirmed':
      return {
        tone: 'danger',
        title: 'Stop NOT confirmed',
        detail: `${stop.message ? sentence(stop.message) : 'The device has not said that it is safe.'} Make it safe by hand.${by}`,
      };
    case 'sent':
      return {
        tone: 'busy',
        title: 'Stopping…',
        detail: device.fenced
          ? `Sent; the device has not confirmed yet.${by}`
          : `Sent. This device cannot confirm a stop: look at it.${by}`,
      };
    case 'none':
      if (press?.phase === 'pressing') return { tone: 'busy', title: 'Stopping…', detail: 'Telling the hub.' };
      return { tone: 'idle', title: 'Stop', detail: '' };
  }
}
