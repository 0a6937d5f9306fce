import { Store } from './store.ts';

export interface Question {
  title: string;
  /** Paragraphs: what happens, and what cannot be undone. */
  text: string[];
  /** What the button that does it says, such as "Remove Ada". */
  yes: string;
  /** It destroys something: the button is red and Cancel has the focus. */
  danger?: boolean;
  /** Must be typed before the button works: for what is lost for good. */
  typed?: string;
}

/** A question before what cannot be undone, shown by `rh-confirm`. One at a time; a newer one answers an older with no. */
export class Questions {
  readonly asked = new Store<Question | null>(null);
  private answer_: ((yes: boolean) => void) | null = null;

  ask(question: Question): Promise<boolean> {
    this.answer(false);
    return new Promise((resolve) => {
      this.answer_ = resolve;
      this.asked.set(question);
    });
  }

  answer(yes: boolean): void {
    const answer = this.answer_;
    this.answer_ = null;
    this.asked.set(null);
    answer?.(yes);
  }
}
