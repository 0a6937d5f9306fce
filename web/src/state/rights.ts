import type { LiveSocket } from '../net/live.ts';
import type { Can } from '../protocol.ts';
import type { SessionStore } from './session.ts';
import { Store } from './store.ts';

const nothing: Can = { watch: false, play: false, stop: false, moderate: false, administer: false };

/**
 * What I may on each device. The hub says it with `you` and with a device that was asked for; until then what I may on
 * the whole hub holds, which is never more.
 */
export class RightsStore {
  readonly state = new Store<ReadonlyMap<string, Can>>(new Map());

  constructor(
    live: LiveSocket,
    private readonly session: Pick<SessionStore, 'state'>,
  ) {
    live.onMessage((message) => {
      if (message.type === 'you' && message.can) this.put(message.device, message.can);
    });
  }

  of(device: string): Can {
    return this.state.value.get(device) ?? this.session.state.value.info?.can ?? nothing;
  }

  put(device: string, can: Can): void {
    if (same(this.state.value.get(device), can)) return;
    this.state.set(new Map(this.state.value).set(device, can));
  }

  /** Forgets all: somebody else is here now, or rights have changed. */
  clear(): void {
    this.state.set(new Map());
  }
}

function same(a: Can | undefined, b: Can): boolean {
  return a !== undefined && (Object.keys(nothing) as (keyof Can)[]).every((name) => a[name] === b[name]);
}
