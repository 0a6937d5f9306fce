import { Problem } from '../net/http.ts';
import type { LiveSocket } from '../net/live.ts';
import type { PersonRef, Turn } from '../protocol.ts';
import type { Question } from './questions.ts';

/** What a moderator does to the line of one device, over the live socket. Each throws Problem with the hub's sentence. */
export class Moderation {
  constructor(
    private readonly live: Pick<LiveSocket, 'request'>,
    readonly device: string,
  ) {}

  /** Ends this person's turn, and nobody else's who has come to drive meanwhile; the next in line drives. */
  async skip({ id, name }: PersonRef): Promise<void> {
    try {
      await this.send('skip', { person: id });
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'conflict') throw error;
      throw new Problem('conflict', `The turn of ${name} was over already: nobody was skipped.`);
    }
  }

  remove(person: string): Promise<void> {
    return this.send('remove', { person });
  }

  /** Guests only: takes them out of line or turn, and keeps them from this device. */
  ban(person: string, for_ms: number, reason: string): Promise<void> {
    return this.send('ban', { person, for_ms, ...said(reason) });
  }

  /** Nobody gets a new turn until `release`; the present one goes on. */
  hold(reason: string): Promise<void> {
    return this.send('hold', said(reason));
  }

  release(): Promise<void> {
    return this.send('release');
  }

  /** The present turn ends, and the next is mine; the hub lets the connection that asked drive. */
  takeOver(): Promise<void> {
    return this.send('take_over');
  }

  private send(action: string, more: Record<string, unknown> = {}): Promise<void> {
    return this.live.request({ type: 'moderate', device: this.device, action, ...more });
  }
}

/** The question before somebody's turn is taken; null when nobody drives, or I do. */
export function takeOverQuestion(turn: Turn, me: string, device_name: string): Question | null {
  const { holder } = turn;
  if (!holder || holder.id === me) return null;
  return {
    title: `Take over from ${holder.name}?`,
    text: [
      `${holder.name} is driving ${device_name}. The turn ends at once, and the next is yours.`,
      `${holder.name} is told that the turn was taken over.`,
    ],
    yes: 'Take over',
    danger: true,
  };
}

export type PersonAct = 'skip' | 'remove' | 'ban';

export interface PersonChoice {
  act: PersonAct;
  text: string;
}

/** What a moderator may do about somebody in the line, or about who drives. */
export function choicesFor(person: PersonRef, drives: boolean, me: string): PersonChoice[] {
  if (person.id === me) return [];
  const choices: PersonChoice[] = [
    drives ? { act: 'skip', text: 'End this turn' } : { act: 'remove', text: 'Take out of the line' },
  ];
  // An account's rights are taken away by an administrator; a ban is for who has none.
  if (person.id.startsWith('g-')) choices.push({ act: 'ban', text: 'Keep away for a while…' });
  return choices;
}

function said(reason: string): { reason?: string } {
  const text = reason.trim();
  return text ? { reason: text } : {};
}
