import type { LiveSocket } from '../net/live.ts';
import type { HubMessage, TurnEnd, You } from '../protocol.ts';
import { systemClock, type Clock } from './clock.ts';
import type { DrivingTab } from './driving_tab.ts';
import { Store } from './store.ts';

/** My own place or turn on one device. Times are of the page's clock, to be counted down locally. */
export interface MyTurn {
  state: 'none' | 'waiting' | 'active';
  place: number;
  epoch: number;
  /** When the turn ends, or null while it may go on. */
  ends_at: number | null;
  /** When my turn may begin, or null when the hub does not say. */
  begins_at: number | null;
  warning: boolean;
  /** Why the last turn ended; '' while one runs or before any. `lost` also when it ended while this page was away. */
  reason: TurnEnd;
}

export const noTurn: MyTurn = {
  state: 'none',
  place: 0,
  epoch: 0,
  ends_at: null,
  begins_at: null,
  warning: false,
  reason: '',
};

/**
 * My turns, and the dead-man that keeps them alive: each stamp of the hub is answered with a beat, but only while this
 * page is visible and this is the tab that drives. Saying nothing is what makes the device safe.
 */
export class TurnStore {
  readonly state = new Store<ReadonlyMap<string, MyTurn>>(new Map());

  constructor(
    private readonly live: LiveSocket,
    private readonly tab: DrivingTab,
    private readonly visible: () => boolean,
    private readonly clock: Clock = systemClock,
  ) {
    live.onMessage((message) => this.take(message));
  }

  of(device: string): MyTurn {
    return this.state.value.get(device) ?? noTurn;
  }

  /** Whether commands of this tab may move the device. */
  drivesHere(device: string): boolean {
    return this.of(device).state === 'active' && this.tab.drives(device);
  }

  async join(device: string): Promise<void> {
    // The hub takes the window that joins for the one that drives.
    await this.live.request({ type: 'join', device });
  }

  /** Leaves the line, or gives the turn back. */
  async leave(device: string): Promise<void> {
    await this.live.request({ type: 'leave', device });
  }

  takeOver(device: string): void {
    this.tab.claim(device);
  }

  clear(): void {
    for (const device of this.state.value.keys()) this.tab.release(device);
    this.state.set(new Map());
  }

  private take(message: HubMessage): void {
    if (message.type === 'you') this.takeYou(message);
    if (message.type === 'stamp') this.answerStamp(message.device, message.epoch, message.stamp);
  }

  private takeYou(you: You): void {
    const before = this.of(you.device);
    // The hub says why to the pages that are there; one that comes back finds its turn gone without a reason.
    const unsaid: TurnEnd = before.state === 'active' ? 'lost' : before.state === 'none' ? before.reason : '';
    const now = this.clock.now();
    const turn: MyTurn = {
      state: you.state,
      place: you.place ?? 0,
      epoch: you.epoch ?? 0,
      ends_at: you.state === 'active' && typeof you.remaining_ms === 'number' ? now + you.remaining_ms : null,
      begins_at: you.state === 'waiting' && typeof you.estimate_ms === 'number' ? now + you.estimate_ms : null,
      // The hub warns once; the warning holds until the turn ends or is lengthened.
      warning: you.warning === true,
      reason: you.state === 'none' ? you.reason || unsaid : '',
    };
    this.state.set(new Map(this.state.value).set(you.device, turn));
    if (you.state === 'none') this.tab.release(you.device);
    if (you.state === 'active') this.tab.settle(you.device, this.visible);
  }

  private answerStamp(device: string, epoch: number, stamp: string): void {
    const turn = this.of(device);
    if (turn.state !== 'active' || turn.epoch !== epoch) return;
    if (!this.tab.drives(device)) {
      if (this.visible()) this.tab.settle(device, this.visible);
      return;
    }
    if (this.visible()) this.live.send({ type: 'beat', device, epoch, stamp });
  }
}
