import { openModal } from './open_modal.ts';

/**
 * A dialog that must not go while a change is under way whose answer it shows, or while a secret stands in it that is
 * shown once. Of closing requests (Escape, Back) a browser lets a page refuse one for each thing that the person does,
 * and closes the dialog at the next whatever the page says; so it is opened again.
 */
export class HeldDialog {
  private let_go_ = false;

  constructor(
    private readonly held: () => boolean,
    private readonly closed: () => void,
  ) {}

  /** Closes it although it is held: the person has said that the secret is kept. */
  letGo(dialog: HTMLDialogElement): void {
    this.let_go_ = true;
    dialog.close();
  }

  /** For `keydown`: an Escape that was refused here does not even become a request. */
  readonly key = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && this.held()) event.preventDefault();
  };

  /** For `cancel`. */
  readonly cancel = (event: Event): void => {
    if (this.held()) event.preventDefault();
  };

  /** For `close`. */
  readonly close = (event: Event): void => {
    const dialog = event.currentTarget as HTMLDialogElement;
    if (this.held() && !this.let_go_ && dialog.isConnected) {
      openModal(dialog);
      dialog.querySelector<HTMLElement>('#title')?.focus();
      return;
    }
    this.let_go_ = false;
    this.closed();
  };
}
