import type { LiveSocket } from '../net/live.ts';
import type { HubMessage } from '../protocol.ts';
import { Store } from './store.ts';

/**
 * Which of one person's windows drives a device. The hub decides, and takes beats from that one connection only: a
 * window that is open on another screen must not keep a device alive which the person believes to have let go.
 *
 * The window that joined or took over last drives. It remembers so in its session storage, and after a reload or a
 * lost connection claims it again if somebody looks at it; any other window claims only what none of this person's drives.
 */
export class DrivingTab {
  /** Ids of the devices that this window drives. */
  readonly driving = new Store<ReadonlySet<string>>(new Set());
  /** Ids of the devices that another window of this person drives. */
  readonly elsewhere = new Store<ReadonlySet<string>>(new Set());
  /** The newest request for each device. */
  private readonly asking_ = new Map<string, symbol>();
  /** How often each device is shown; 0: it was, and no longer is. Only what is shown is driven from here. */
  private readonly shown_ = new Map<string, number>();
  /** Devices that are shown again, of which only the answer to a new request counts. */
  private readonly returned_ = new Set<string>();

  constructor(
    private readonly live: LiveSocket,
    private readonly storage: Pick<Storage, 'getItem' | 'setItem'> | null,
  ) {
    live.onMessage((message) => this.take(message));
    live.connection.subscribe(() => {
      if (live.connection.value.kind !== 'online') this.forgetConnection();
    });
  }

  drives(device: string): boolean {
    return this.driving.value.has(device);
  }

  /**
   * This window shows the device until the returned function is called. The hub forgets who drove when nothing watches
   * the device any more, and says nothing of it: shown again within the grace time, it is claimed again.
   */
  show(device: string): () => void {
    const holders = this.shown_.get(device);
    this.shown_.set(device, (holders ?? 0) + 1);
    if (holders === 0) this.returned_.add(device);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const left = (this.shown_.get(device) ?? 1) - 1;
      this.shown_.set(device, left);
      if (left === 0) this.forget(device);
    };
  }

  /** This window drives from now on; the others let go. */
  claim(device: string): void {
    this.ask(device, false);
  }

  /** The turn is over: nobody's window drives. */
  release(device: string): void {
    this.forget(device);
    this.remember(device, false);
  }

  /** I hold a turn and nobody has said which window drives: claim it, unless another one does. */
  settle(device: string, visible: () => boolean): void {
    if (!this.shown_.get(device)) return;
    const settled = this.drives(device) || this.elsewhere.value.has(device);
    if (settled && !this.returned_.has(device)) return;
    const mine = this.remembered().includes(device);
    // A window that came back unseen may have missed that another one took over.
    if (visible()) this.ask(device, !mine);
    else if (mine) this.ask(device, true);
  }

  private ask(device: string, if_free: boolean): void {
    if (this.asking_.has(device)) return;
    const asked = Symbol();
    this.asking_.set(device, asked);
    this.returned_.delete(device);
    this.live
      .request({ type: 'drive', device, if_free })
      .catch((error: unknown) => {
        if (asked !== this.asking_.get(device)) return;
        if (if_free && error instanceof Error && 'code' in error && error.code === 'conflict') this.letGo(device);
      })
      .finally(() => {
        if (asked === this.asking_.get(device)) this.asking_.delete(device);
      });
  }

  private take(message: HubMessage): void {
    if (message.type !== 'driver') return;
    const { device } = message;
    this.remember(device, message.you);
    if (!this.shown_.get(device)) return;
    if (!message.you) {
      this.letGo(device);
      return;
    }
    this.elsewhere.set(without(this.elsewhere.value, device));
    this.driving.set(new Set([...this.driving.value, device]));
  }

  /** Another window drives. */
  private letGo(device: string): void {
    this.driving.set(without(this.driving.value, device));
    this.elsewhere.set(new Set([...this.elsewhere.value, device]));
  }

  /** Nobody knows which window drives; what this one remembers stays. */
  private forget(device: string): void {
    this.asking_.delete(device);
    this.elsewhere.set(without(this.elsewhere.value, device));
    this.driving.set(without(this.driving.value, device));
  }

  /** What the hub said was about a connection that is no more. */
  private forgetConnection(): void {
    this.asking_.clear();
    this.returned_.clear();
    if (this.driving.value.size > 0) this.driving.set(new Set());
    if (this.elsewhere.value.size > 0) this.elsewhere.set(new Set());
  }

  private remember(device: string, mine: boolean): void {
    const others = this.remembered().filter((id) => id !== device);
    this.storage?.setItem('robohub.driving', JSON.stringify(mine ? [...others, device] : others));
  }

  private remembered(): string[] {
    try {
      const list: unknown = JSON.parse(this.storage?.getItem('robohub.driving') ?? '[]');
      return Array.isArray(list) ? list.filter((id) => typeof id === 'string') : [];
    } catch {
      return [];
    }
  }
}

function without(set: ReadonlySet<string>, member: string): ReadonlySet<string> {
  if (!set.has(member)) return set;
  const rest = new Set(set);
  rest.delete(member);
  return rest;
}
