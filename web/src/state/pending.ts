import { request } from '../net/http.ts';
import type { Device } from '../protocol.ts';
import type { Pending } from '../protocol_media.ts';
import { withConfirmation } from './confirm.ts';
import { systemClock, type Clock } from './clock.ts';
import { Resource } from './resource.ts';

/** So often it is asked for while an administrator looks. */
const every_ms = 3000;

/** What it calls itself may hold a slash or be two dots, which no path can say. */
function pathOf({ link, foreign_id }: Pick<Pending, 'link' | 'foreign_id'>): string {
  return `/api/v1/pending/${encodeURIComponent(link)}?id=${encodeURIComponent(foreign_id)}`;
}

export function pendingKey({ link, foreign_id }: Pick<Pending, 'link' | 'foreign_id'>): string {
  return `${link} ${foreign_id}`;
}

/** Devices of older kinds that have come and wait for an administrator; asked for again and again while one looks. */
export class PendingStore {
  readonly waiting: Resource<Pending[]>;
  private cancel_: () => void = () => undefined;
  private looking_ = false;

  constructor(
    private readonly ask: <T>(method: string, path: string, body?: unknown) => Promise<T> = request,
    private readonly visible: () => boolean = () => document.visibilityState === 'visible',
    private readonly clock: Clock = systemClock,
  ) {
    this.waiting = new Resource(async () => (await this.ask<{ pending: Pending[] }>('GET', '/api/v1/pending')).pending);
  }

  /** Looks until the returned function is called. */
  watch(): () => void {
    this.looking_ = true;
    void this.round();
    return () => {
      this.looking_ = false;
      this.cancel_();
    };
  }

  /** Accepts it under this id and name; '' leaves them to the hub. @throws Problem; `pointer` names the field. */
  async accept(pending: Pending, id: string, name: string): Promise<Device> {
    const body = { ...(id && { device: id }), ...(name && { name }) };
    const device = await withConfirmation(() => this.ask<Device>('POST', pathOf(pending), body));
    this.drop(pending);
    return device;
  }

  /** For a day. @throws Problem */
  async refuse(pending: Pending): Promise<void> {
    await withConfirmation(() => this.ask('DELETE', pathOf(pending)));
    this.drop(pending);
  }

  private drop(pending: Pending): void {
    const key = pendingKey(pending);
    this.waiting.put((this.waiting.value ?? []).filter((each) => pendingKey(each) !== key));
  }

  private async round(): Promise<void> {
    this.cancel_();
    if (this.visible()) await this.waiting.load();
    this.cancel_();
    if (this.looking_) this.cancel_ = this.clock.after(every_ms, () => void this.round());
  }
}
