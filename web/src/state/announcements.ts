import { Store } from './store.ts';

/** What a screen reader should say now: turn changes, stops, lost connections. Urgent ones interrupt. */
export class Announcements {
  readonly polite = new Store('');
  readonly urgent = new Store('');

  say(text: string): void {
    repeatable(this.polite, text);
  }

  interrupt(text: string): void {
    repeatable(this.urgent, text);
  }
}

/** The same sentence twice must change the region's text to be read again. */
function repeatable(store: Store<string>, text: string): void {
  store.set(store.value === text ? `${text}\u00a0` : text);
}
