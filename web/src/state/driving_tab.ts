import type { LiveSocket } from '../net/live.ts';
import type { HubMessage } from '../protocol.ts';
import { Store } from './store.ts';

/**
 * Which of one person's windows drives a device. The hub decides, and takes beats from that one connection only: a
 * window that is open on another screen must not keep a device alive which the person believes to have let go.
 *
 * The window that joined or took over last drives. It remembers so in its session storage, and after a reload or a
 * lost connection claims it again; any other window claims only what none of this person's drives.
 */
export class DrivingTab {
  /** Ids of the devices that this window drives. */
  readonly driving = new Store<ReadonlySet<string>>(new Set());
  /** Ids of the devices that another window of this person drives. */
  readonly elsewhere = new Store<ReadonlySet<string>>(new Set());
  private readonly asking_ = new Set<string>();

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

  /** This window drives from now on; the others let go. */
  claim(device: string): void {
    this.ask(device, false);
  }

  /** The turn is over: nobody's window drives. */
  release(device: string): void {
    this.elsewhere.set(without(this.elsewhere.value, device));
    this.driving.set(without(this.driving.value, device));
    this.remember(device, false);
  }

  /** I hold a turn and nobody has said which window drives: claim it, unless another one does. */
  settle(device: string, mayClaim: () => boolean): void {
    if (this.drives(device) || this.elsewhere.value.has(device)) return;
    const mine = this.remembered().includes(device);
    if (mine || mayClaim()) this.ask(device, !mine);
  }

  private ask(device: string, if_free: boolean): void {
    if (this.asking_.has(device)) return;
    this.asking_.add(device);
    this.live
      .request({ type: 'drive', device, if_free })
      .catch((error: unknown) => {
        if (if_free && error instanceof Error && 'code' in error && error.code === 'conflict')
          this.elsewhere.set(new Set([...this.elsewhere.value, device]));
      })
      .finally(() => this.asking_.delete(device));
  }

  private take(message: HubMessage): void {
    if (message.type !== 'driver') return;
    const { device } = message;
    if (message.you) {
      this.elsewhere.set(without(this.elsewhere.value, device));
      this.driving.set(new Set([...this.driving.value, device]));
    } else {
      this.driving.set(without(this.driving.value, device));
      this.elsewhere.set(new Set([...this.elsewhere.value, device]));
    }
    this.remember(device, message.you);
  }

  /** What the hub said was about a connection that is no more. */
  private forgetConnection(): void {
    this.asking_.clear();
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
