import { asProblem, request } from '../net/http.ts';
import type { LiveSocket } from '../net/live.ts';
import type { Device, Stop } from '../protocol.ts';
import { sentence } from '../text/names.ts';
import { Store } from './store.ts';

/** What became of my own press, until the hub's state of the device says more. */
export type Press = { phase: 'pressing' } | { phase: 'heard' } | { phase: 'unheard'; detail: string };

/**
 * STOP goes by two ways at once: the live socket, which is quickest, and when that is away or does not answer in time,
 * a request of its own. The hub treats the second as the same stop.
 */
export class StopStore {
  /** By device id; `*` is the button that stops everything. */
  readonly presses = new Store<ReadonlyMap<string, Press>>(new Map());

  constructor(
    private readonly live: LiveSocket,
    private readonly post: (path: string) => Promise<unknown> = (path) => request('POST', path, {}),
    private readonly patience_ms = 700,
  ) {
    // A stop that did not get through is still wanted.
    live.connection.subscribe(() => {
      if (live.connection.value.kind === 'online') this.repeatUnheard();
    });
  }

  press(device: string): Promise<void> {
    return this.deliver(device, { type: 'stop', device }, `/api/v1/devices/${encodeURIComponent(device)}/stop`);
  }

  pressAll(): Promise<void> {
    return this.deliver('*', { type: 'stop_all' }, '/api/v1/stop');
  }

  /** Ends a stop. @throws Problem when I may not, or the hub is away. */
  async reset(device: string): Promise<void> {
    await this.live.request({ type: 'reset', device });
    this.mark(device, null);
  }

  /** Who pressed has left this page: whoever comes next has pressed nothing. */
  clear(): void {
    this.presses.set(new Map());
  }

  private repeatUnheard(): void {
    for (const [device, press] of this.presses.value) {
      if (press.phase === 'unheard') void (device === '*' ? this.pressAll() : this.press(device));
    }
  }

  private async deliver(key: string, message: { type: string } & Record<string, unknown>, path: string): Promise<void> {
    this.mark(key, { phase: 'pressing' });
    // However late the socket answers, the hub has the stop then: it is neither called unheard nor pressed again.
    const answer = { heard: false };
    const hear = (): void => {
      answer.heard = true;
      this.mark(key, { phase: 'heard' });
    };
    const bySocket = this.live.request(message).then(hear);
    const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error('late')), this.patience_ms));
    try {
      await Promise.race([bySocket, late]);
    } catch {
      try {
        await this.post(path);
        hear();
      } catch (error) {
        if (!answer.heard) this.mark(key, { phase: 'unheard', detail: asProblem(error).detail });
      }
    }
  }

  private mark(key: string, press: Press | null): void {
    const presses = new Map(this.presses.value);
    if (press) presses.set(key, press);
    else presses.delete(key);
    this.presses.set(presses);
  }
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
