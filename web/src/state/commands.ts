import { Problem } from '../net/http.ts';
import type { LiveSocket } from '../net/live.ts';
import { isFinal, type Command, type HubMessage } from '../protocol.ts';
import { systemClock, type Clock } from './clock.ts';
import { Store } from './store.ts';
import type { TurnStore } from './turn.ts';
import { uuid } from './uuid.ts';

/**
 * When the hub has said nothing final for this long, the outcome is called unknown. A command may take a minute, and the
 * hub tells its end a moment later.
 */
const answer_limit_ms = 65000;

export interface SendOptions {
  /** The command needs my turn (its `turn` in the manifest is `required`). */
  needs_turn: boolean;
  /** Called with each state on the way. */
  onState?: (command: Command) => void;
}

interface Pending {
  command: Command;
  options: SendOptions;
  resolve: (command: Command) => void;
  reject: (problem: Problem) => void;
  cancelTimer: () => void;
}

/** The commands that this tab has sent and whose end it has not yet seen. */
export class CommandsStore {
  /** How many are under way, by device. */
  readonly underWay = new Store<ReadonlyMap<string, number>>(new Map());
  private readonly pending_ = new Map<string, Pending>();

  constructor(
    private readonly live: LiveSocket,
    private readonly turns: TurnStore,
    private readonly clock: Clock = systemClock,
    private readonly makeKey: () => string = uuid,
  ) {
    live.onMessage((message) => this.take(message));
    live.connection.subscribe(() => {
      if (live.connection.value.kind !== 'online') this.lost();
    });
  }

  /**
   * Sends one command. Resolves at its final state, which may be `failed` or `unknown`.
   * @throws Problem when it was refused: then nothing has moved.
   */
  send(device: string, name: string, params: Record<string, unknown>, options: SendOptions): Promise<Command> {
    if (options.needs_turn && !this.turns.drivesHere(device)) {
      return Promise.reject(new Problem('conflict', 'It is not your turn.'));
    }
    const key = this.makeKey();
    const epoch = options.needs_turn ? this.turns.of(device).epoch : 0;
    return new Promise((resolve, reject) => {
      const command: Command = { id: '', key, name, device, state: 'sent', error: null, value: null };
      const cancelTimer = this.clock.after(answer_limit_ms, () =>
        this.endAsUnknown(key, 'No answer came; it may have happened.'),
      );
      this.pending_.set(key, { command, options, resolve, reject, cancelTimer });
      this.count();
      if (!this.live.send({ type: 'command', device, name, params, epoch, key, ref: key })) {
        this.refuse(key, new Problem('unavailable', 'There is no connection to the hub right now. Nothing was sent.'));
      }
    });
  }

  private take(message: HubMessage): void {
    if (message.type === 'error' && message.ref !== undefined) {
      this.refuse(message.ref, new Problem(message.code, message.detail, message.pointer));
    }
    if (message.type !== 'command') return;
    const pending = this.pending_.get(message.key);
    if (!pending) return;
    pending.command = message;
    pending.options.onState?.(message);
    if (!isFinal(message.state)) return;
    if (message.state === 'refused') {
      const error = message.error;
      this.refuse(
        message.key,
        new Problem(error?.code ?? 'conflict', error?.message ?? 'The hub refused this.', error?.pointer),
      );
      return;
    }
    this.forget(message.key)?.resolve(message);
  }

  private lost(): void {
    for (const key of [...this.pending_.keys()]) {
      this.endAsUnknown(key, 'The connection was lost before the answer came; it may have happened.');
    }
  }

  private endAsUnknown(key: string, message: string): void {
    const pending = this.forget(key);
    if (!pending) return;
    const command: Command = { ...pending.command, state: 'unknown', error: { code: 'unavailable', message } };
    pending.options.onState?.(command);
    pending.resolve(command);
  }

  private refuse(key: string, problem: Problem): void {
    this.forget(key)?.reject(problem);
  }

  private forget(key: string): Pending | undefined {
    const pending = this.pending_.get(key);
    if (!pending) return undefined;
    this.pending_.delete(key);
    pending.cancelTimer();
    this.count();
    return pending;
  }

  private count(): void {
    const counts = new Map<string, number>();
    for (const { command } of this.pending_.values()) counts.set(command.device, (counts.get(command.device) ?? 0) + 1);
    this.underWay.set(counts);
  }
}
