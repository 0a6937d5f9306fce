const adjectives = ['Curious', 'Swift', 'Quiet', 'Brave', 'Sunny', 'Clever', 'Gentle', 'Lucky', 'Merry', 'Nimble'];
const animals = ['Otter', 'Heron', 'Badger', 'Lynx', 'Robin', 'Marten', 'Hare', 'Falcon', 'Beaver', 'Wren'];

/** A friendly name for somebody who has none yet, such as "Curious Otter". */
export function suggestName(random: () => number = Math.random): string {
  const pick = (words: string[]): string => words[Math.floor(random() * words.length)] ?? 'Guest';
  return `${pick(adjectives)} ${pick(animals)}`;
}

/** The hub's limit for a guest's name, in characters: an emoji is one, though JavaScript counts two. */
export const longest_name = 32;

/** What the hub would say against the length of this name; '' for nothing. */
export function nameFault(name: string): string {
  return Array.from(name.trim()).length > longest_name ? `At most ${longest_name} characters.` : '';
}

/** `laser_turret` or `xCounts` as words: "Laser turret", "X counts"; without the unit where it is shown beside the name. */
export function humanName(identifier: string, unit = ''): string {
  const bare =
    unit && identifier.toLowerCase().endsWith(`_${unit.toLowerCase()}`)
      ? identifier.slice(0, -unit.length - 1)
      : identifier;
  const words = bare
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/[_-]+/g, ' ')
    .trim()
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Ends with a full stop, unless it ends as a sentence does already. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
