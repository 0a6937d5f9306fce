import { Store } from './store.ts';

export type ThemeChoice = 'auto' | 'light' | 'dark';

/** Light, dark, or as the system prefers; remembered on this machine (public/theme.js applies it before first paint). */
export class Theme {
  readonly choice = new Store<ThemeChoice>(remembered());

  choose(choice: ThemeChoice): void {
    this.choice.set(choice);
    if (choice === 'auto') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = choice;
    try {
      localStorage.setItem('robohub.theme', choice);
    } catch {
      // A closed storage only means that the choice lasts until the page is left.
    }
  }
}

function remembered(): ThemeChoice {
  const theme = document.documentElement.dataset['theme'];
  return theme === 'light' || theme === 'dark' ? theme : 'auto';
}
