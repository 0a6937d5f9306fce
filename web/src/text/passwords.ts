/** The hub takes no shorter one. */
export const shortest_password = 8;
const comfortable_password = 15;

/** What to say of a new password while it is typed. Length is what makes it strong; no riddles are asked. */
export function passwordHint(password: string): { good: boolean; text: string } {
  const length = Array.from(password).length;
  if (length === 0)
    return { good: false, text: 'At least 8 characters. A sentence of your own is easy to keep and strong.' };
  const missing = shortest_password - length;
  if (missing > 0) return { good: false, text: `${missing} more ${missing === 1 ? 'character' : 'characters'}.` };
  return length < comfortable_password
    ? { good: true, text: 'Long enough. A few words more make it much stronger.' }
    : { good: true, text: 'A good length.' };
}
