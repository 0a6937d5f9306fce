/**
 * Buttons are pressed again and again while Enter is held on them. Of a key that was held while nothing might be moved
 * that counts only after it was let go of: it must not move anything behind a stop or in the next turn.
 * @param {EventTarget} buttons
 * @param {() => boolean} mayMove
 */
export function ignoreHeldKeys(buttons, mayMove) {
  let stale = false;
  buttons.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    stale = event.repeat && (stale || !mayMove());
    if (stale) event.preventDefault();
  });
}
