import { Store } from '../state/store.ts';

/** Open dialogs, the innermost last. All the page outside of that one can be neither clicked nor heard. */
export const open_dialogs = new Store<readonly HTMLDialogElement[]>([]);

/** The dialog that shuts off the rest of the page now; null where none does. */
export function innermost(): HTMLDialogElement | null {
  return stillOpen().at(-1) ?? null;
}

/** Opens `dialog` over the page, with a place of its own for toasts and for what a screen reader says. */
export function openModal(dialog: HTMLDialogElement): void {
  if (!dialog.querySelector(':scope > rh-feedback')) dialog.append(document.createElement('rh-feedback'));
  dialog.showModal();
  open_dialogs.set([...stillOpen().filter((other) => other !== dialog), dialog]);
  dialog.addEventListener('close', () => open_dialogs.set(stillOpen()), { once: true });
}

function stillOpen(): HTMLDialogElement[] {
  return open_dialogs.value.filter(({ open, isConnected }) => open && isConnected);
}
