import type { LitElement, ReactiveController } from 'lit';

/**
 * Who works by keyboard or with a screen reader keeps the place when a redraw takes away the button that had the focus:
 * the first of `next` (selectors) that is there then gets it. It would fall to the top of the page.
 */
export class KeepPlace implements ReactiveController {
  private readonly next_: readonly string[];
  private had_: Element | null = null;

  constructor(
    private readonly host: LitElement,
    ...next: readonly string[]
  ) {
    this.next_ = next;
    host.addController(this);
  }

  hostUpdate(): void {
    const focused = this.host.shadowRoot?.activeElement ?? null;
    // Who pressed it with a pointer has no place there, and the next Space or Enter is not meant for what follows.
    this.had_ = focused instanceof HTMLButtonElement && focused.matches(':focus-visible') ? focused : null;
  }

  hostUpdated(): void {
    const had = this.had_;
    this.had_ = null;
    if (!had || had.isConnected) return;
    const places = this.next_.map((selector) => this.host.renderRoot.querySelector<HTMLElement>(selector));
    // What is looked at stays where it is: the turn may begin by itself.
    places.find((place) => place !== null)?.focus({ preventScroll: true });
  }
}

/** A button that the focus has just come to is not pressed by the Enter that is still held from the one before. */
export function ignoreRepeat(event: KeyboardEvent): void {
  if (event.repeat && event.key === 'Enter') event.preventDefault();
}

/** Nor does a heading that the focus has just come to let a second Space, meant for the button before, move the page. */
export function ignoreSpace(event: KeyboardEvent): void {
  if (event.key === ' ') event.preventDefault();
}
