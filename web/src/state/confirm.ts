import { asProblem, Problem, request } from '../net/http.ts';
import { Store } from './store.ts';

export interface PasswordQuestion {
  busy: boolean;
  /** Why the last password was not taken. */
  problem: Problem | null;
}

interface Waiting {
  go: () => void;
  give_up: (problem: Problem) => void;
}

/**
 * Changes of weight need a password that was given within the last minutes; the hub says so with `confirm_required`.
 * Asks for it then, and makes the change once more.
 */
export class Confirmation {
  /** The question that `rh-password` shows, or null. */
  readonly asked = new Store<PasswordQuestion | null>(null);
  private waiting_: Waiting[] = [];

  constructor(
    private readonly send: (password: string) => Promise<void> = (password) =>
      request('POST', '/api/v1/session/confirm', { password }, 30000),
  ) {}

  /** @throws Problem of the change itself, or `cancelled` (with a sentence) when no password was given. */
  async run<T>(change: () => Promise<T>): Promise<T> {
    try {
      return await change();
    } catch (error) {
      if (asProblem(error).code !== 'confirm_required') throw error;
    }
    await new Promise<void>((go, give_up) => {
      this.waiting_.push({ go, give_up });
      if (!this.asked.value) this.asked.set({ busy: false, problem: null });
    });
    return change();
  }

  /** The person's answer: a right one lets all that wait go on, a wrong one is asked again. */
  async answer(password: string): Promise<void> {
    const question = this.asked.value;
    if (!question || question.busy) return;
    this.asked.set({ busy: true, problem: null });
    try {
      await this.send(password);
    } catch (error) {
      if (this.asked.value) this.asked.set({ busy: false, problem: asProblem(error) });
      return;
    }
    for (const { go } of this.taken()) go();
  }

  cancel(): void {
    const problem = new Problem('cancelled', 'Nothing was changed, for the password was not given.');
    for (const { give_up } of this.taken()) give_up(problem);
  }

  private taken(): Waiting[] {
    const waiting = this.waiting_;
    this.waiting_ = [];
    this.asked.set(null);
    return waiting;
  }
}

export const confirmation = new Confirmation();

/** Makes a change that may need the password again. @throws Problem, see Confirmation.run. */
export function withConfirmation<T>(change: () => Promise<T>): Promise<T> {
  return confirmation.run(change);
}
