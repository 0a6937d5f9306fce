import { systemClock, type Clock } from './clock.ts';
import { Store } from './store.ts';

/** The part of BroadcastChannel that is used here. */
export interface Channel {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
}

type Word =
  | { word: 'mine'; device: string; tab: string }
  | { word: 'whose'; device: string; tab: string }
  | { word: 'free'; device: string; tab: string };

/** A tab that drives answers within this long, even in the background. */
const answer_limit_ms = 400;

/**
 * Which of one person's tabs drives a device. The hub sends its stamps to all of them; exactly one may answer, or a
 * forgotten tab would keep a device alive that the person in front of the screen believes to have let go.
 *
 * The tab that joined or took over last drives. The claim is remembered in this tab's session storage, so that a
 * reload keeps it, and told to the others over a BroadcastChannel. A tab that finds no claim alive takes it.
 */
export class DrivingTab {
  /** Ids of the devices that this tab drives. */
  readonly driving = new Store<ReadonlySet<string>>(new Set());
  /** Ids of the devices that another tab has said it drives. */
  readonly elsewhere = new Store<ReadonlySet<string>>(new Set());
  private readonly asking_ = new Map<string, () => void>();

  constructor(
    private readonly channel: Channel,
    private readonly tab: string,
    private readonly storage: Pick<Storage, 'getItem' | 'setItem'> | null,
    private readonly clock: Clock = systemClock,
  ) {
    channel.addEventListener('message', (event) => this.heard(event.data as Word));
    this.driving.set(new Set(this.remembered()));
    // A duplicated tab inherits the storage of its twin; saying so makes the older one let go.
    for (const device of this.driving.value) this.say({ word: 'mine', device, tab });
  }

  drives(device: string): boolean {
    return this.driving.value.has(device);
  }

  /** This tab drives from now on; the others let go. */
  claim(device: string): void {
    this.asking_.get(device)?.();
    this.asking_.delete(device);
    this.elsewhere.set(without(this.elsewhere.value, device));
    this.remember(new Set([...this.driving.value, device]));
    this.say({ word: 'mine', device, tab: this.tab });
  }

  /** The turn is over: nobody's tab drives. */
  release(device: string): void {
    this.elsewhere.set(without(this.elsewhere.value, device));
    if (!this.drives(device)) return;
    this.remember(without(this.driving.value, device));
    this.say({ word: 'free', device, tab: this.tab });
  }

  /** I hold a turn and nobody has said which tab drives: ask, and claim when no tab answers. */
  settle(device: string, mayClaim: () => boolean): void {
    if (this.drives(device) || this.asking_.has(device) || this.elsewhere.value.has(device)) return;
    this.say({ word: 'whose', device, tab: this.tab });
    this.asking_.set(
      device,
      this.clock.after(answer_limit_ms, () => {
        this.asking_.delete(device);
        if (mayClaim()) this.claim(device);
      }),
    );
  }

  private heard(message: Word): void {
    if (message.tab === this.tab) return;
    switch (message.word) {
      case 'mine':
        this.asking_.get(message.device)?.();
        this.asking_.delete(message.device);
        this.remember(without(this.driving.value, message.device));
        this.elsewhere.set(new Set([...this.elsewhere.value, message.device]));
        break;
      case 'whose':
        if (this.drives(message.device)) this.say({ word: 'mine', device: message.device, tab: this.tab });
        break;
      case 'free':
        this.elsewhere.set(without(this.elsewhere.value, message.device));
        break;
    }
  }

  private say(word: Word): void {
    this.channel.postMessage(word);
  }

  private remember(devices: ReadonlySet<string>): void {
    this.driving.set(devices);
    this.storage?.setItem('robohub.driving', JSON.stringify([...devices]));
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
