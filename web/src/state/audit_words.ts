import type { AuditEntry } from '../protocol_upkeep.ts';

/** What an action is called: in the picker, as done ("Ada skipped ..."), and as tried ("Ada tried to skip ..."). */
interface Verb {
  title: string;
  did: string;
  tried: string;
  /** What follows the verb; the object's name when left out. */
  rest?: (of: Words) => string;
}

/** What a sentence may be made of. */
interface Words {
  /** Name of the object: "lab-turret" of "device:lab-turret". */
  object: string;
  /** A member of `detail` as text, the first that is there; '' for none. */
  get: (...names: string[]) => string;
}

const on = ({ object }: Words): string => (object ? `on ${object}` : '');
const nothing = (): string => '';
// Of many refusals only some are written down, each with the number of those before it that were not.
const andBefore = ({ get }: Words): string =>
  Number(get('left_out_before')) > 0 ? `, and ${get('left_out_before')} times before` : '';
const whose = (words: Words, what: string): string => {
  const person = words.get('name', 'person', 'holder');
  return [person ? `${person}’s ${what}` : `the ${what}`, on(words)].join(' ').trim();
};
const grant = (words: Words): string => {
  const permission = words.get('permission');
  const scope = words.get('scope', 'value');
  const what = permission ? `“${permission}”${scope ? ` on ${scope}` : ''}` : 'a right';
  return words.object ? `${what} to ${words.object}` : what;
};

const verbs: Readonly<Record<string, Verb>> = {
  'session.sign_in': {
    title: 'Signed in',
    did: 'signed in',
    tried: 'sign in',
    rest: andBefore,
  },
  'session.sign_out': { title: 'Signed out', did: 'signed out', tried: 'sign out', rest: nothing },
  'session.end': { title: 'Session ended', did: 'ended', tried: 'end', rest: (w) => sessionsOf(w) },
  'session.confirm': {
    title: 'Password confirmed',
    did: 'gave the password again',
    tried: 'give the password again',
    rest: nothing,
  },
  'account.password': {
    title: 'Own password changed',
    did: 'changed the own password',
    tried: 'change the own password',
    rest: nothing,
  },
  'user.add': { title: 'Account added', did: 'added the account', tried: 'add the account' },
  'user.change': {
    title: 'Account changed',
    did: 'changed the account',
    tried: 'change the account',
    rest: (w) => [w.object, changeOf(w)].filter(Boolean).join(', '),
  },
  'user.remove': { title: 'Account removed', did: 'removed the account', tried: 'remove the account' },
  'user.password': { title: 'Password set', did: 'set a password for', tried: 'set a password for' },
  'grant.add': { title: 'Right granted', did: 'granted', tried: 'grant', rest: grant },
  'grant.remove': {
    title: 'Right withdrawn',
    did: 'withdrew',
    tried: 'withdraw',
    rest: (w) => grant(w).replace(/ to (?=[^ ]*$)/, ' from '),
  },
  'token.add': { title: 'Token made', did: 'made the token', tried: 'make the token', rest: tokenOf },
  'token.remove': { title: 'Token revoked', did: 'revoked the token', tried: 'revoke the token', rest: tokenOf },
  'ban.add': { title: 'Banned', did: 'banned', tried: 'ban', rest: banOf },
  'ban.remove': {
    title: 'Ban lifted',
    did: 'lifted the ban of',
    tried: 'lift the ban of',
    rest: banOf,
  },
  'turn.begin': { title: 'Turn began', did: 'began a turn', tried: 'begin a turn', rest: on },
  'turn.end': { title: 'Turn ended', did: 'finished a turn', tried: 'finish a turn', rest: on },
  'turn.skip': { title: 'Turn skipped', did: 'skipped', tried: 'skip', rest: (w) => whose(w, 'turn') },
  'turn.remove': {
    title: 'Taken out of the line',
    did: 'took',
    tried: 'take',
    rest: (w) => `${w.get('name', 'person') || 'somebody'} out of the line ${on(w)}`.trim(),
  },
  'turn.hold': { title: 'Line held', did: 'held the line', tried: 'hold the line', rest: on },
  'turn.release': { title: 'Line released', did: 'released the line', tried: 'release the line', rest: on },
  'turn.take_over': { title: 'Turn taken over', did: 'took over', tried: 'take over' },
  'stop.press': {
    title: 'Stop pressed',
    did: 'pressed STOP',
    tried: 'press STOP',
    rest: (w) => (w.object ? on(w) : 'for every device'),
  },
  'stop.reset': {
    title: 'Stop reset',
    did: 'reset the stop',
    tried: 'reset the stop',
    rest: (w) => of(w) + andBefore(w),
  },
  'command.hazard': {
    title: 'Command to a hazardous device',
    did: 'sent',
    tried: 'send',
    rest: (w) => {
      const times = Number(w.get('times')) > 1 ? `, ${w.get('times')} times` : '';
      return `“${w.get('command', 'name') || 'a command'}” to ${w.object || 'a device'}${times}`;
    },
  },
  'device.enrol': { title: 'Device enrolled', did: 'enrolled', tried: 'enrol' },
  'device.claim': { title: 'Device claimed', did: 'claimed', tried: 'claim' },
  'device.revoke': { title: 'Device revoked', did: 'revoked', tried: 'revoke' },
  'device.rename': {
    title: 'Device renamed',
    did: 'renamed',
    tried: 'rename',
    rest: (w) => [w.object, w.get('name', 'to') && `to “${w.get('name', 'to')}”`].filter(Boolean).join(' '),
  },
  'device.place': {
    title: 'Labels or room changed',
    did: 'changed the labels or room of',
    tried: 'change the place of',
  },
  'config.reload': {
    title: 'Configuration reloaded',
    did: 'reloaded the configuration',
    tried: 'reload the configuration',
    rest: nothing,
  },
  'config.load': {
    title: 'Configuration loaded',
    did: 'started with its configuration',
    tried: 'start with its configuration',
    rest: nothing,
  },
  'hub.start': { title: 'Hub started', did: 'started', tried: 'start', rest: nothing },
  'hub.stop': { title: 'Hub ended', did: 'ended', tried: 'end', rest: nothing },
  'plugin.load': {
    title: 'Plugin loaded',
    did: 'loaded the plugin',
    tried: 'load the plugin',
    rest: (w) => [w.object, w.get('version')].filter(Boolean).join(' '),
  },
  'certificate.issue': {
    title: 'Certificate issued',
    did: 'issued a certificate for',
    tried: 'issue a certificate for',
  },
  'certificate.revoke': {
    title: 'Certificate revoked',
    did: 'revoked the certificate',
    tried: 'revoke the certificate',
  },
  'backup.make': { title: 'Backup made', did: 'made a backup', tried: 'make a backup', rest: nothing },
  'audit.expire': {
    title: 'Old entries expired',
    did: 'removed entries past their keeping time',
    tried: 'remove entries past their keeping time',
    rest: nothing,
  },
  setup: {
    title: 'First administrator made',
    did: 'became the first administrator',
    tried: 'become the first administrator',
    rest: nothing,
  },
};

/** Families for the picker, in the order in which they are looked for. */
const families: readonly { prefix: string; title: string }[] = [
  { prefix: 'turn.', title: 'Turns' },
  { prefix: 'stop.', title: 'Stops' },
  { prefix: 'command.', title: 'Commands' },
  { prefix: 'session.', title: 'Sessions' },
  { prefix: 'account.', title: 'Own accounts' },
  { prefix: 'user.', title: 'Accounts' },
  { prefix: 'grant.', title: 'Rights' },
  { prefix: 'token.', title: 'Tokens' },
  { prefix: 'ban.', title: 'Bans' },
  { prefix: 'device.', title: 'Devices' },
  { prefix: 'certificate.', title: 'Certificates' },
  { prefix: 'plugin.', title: 'Plugins' },
  { prefix: 'config.', title: 'Configuration' },
  { prefix: 'backup.', title: 'Backups' },
  { prefix: 'hub.', title: 'Hub' },
  { prefix: 'audit.', title: 'Audit' },
];

export interface ActionFamily {
  /** Chooses the whole family, or '' for actions that stand alone. */
  prefix: string;
  title: string;
  actions: { action: string; title: string }[];
}

/** What the action picker offers. */
export function actionFamilies(): ActionFamily[] {
  const known = Object.entries(verbs).map(([action, { title }]) => ({ action, title }));
  const list: ActionFamily[] = families.map(({ prefix, title }) => ({
    prefix,
    title,
    actions: known.filter(({ action }) => action.startsWith(prefix)),
  }));
  list.push({ prefix: '', title: 'Others', actions: known.filter(({ action }) => !action.includes('.')) });
  return list;
}

export interface Sentence {
  actor: string;
  /** Behind the actor's name, without a full stop. */
  text: string;
}

/** An entry as a person would say it: "Ada" + "skipped Bob’s turn on lab-turret". */
export function sentenceOf(entry: AuditEntry): Sentence {
  const actor = actorOf(entry);
  const verb = verbs[entry.action];
  const words: Words = { object: nameOf(entry.object), get: (...names) => textOf(entry.detail, names) };
  // An action of a newer hub is told as it is written.
  if (!verb) return { actor, text: unknown(entry) };
  const rest = (verb.rest ?? (({ object }: Words) => object))(words);
  if (entry.outcome === 'ok') return { actor, text: joined(verb.did, rest) };
  return { actor, text: `tried to ${joined(verb.tried, rest)}` };
}

function actorOf({ actor, action }: AuditEntry): string {
  // The hub writes down the rest of a flood of wrong sign-ins; it does not sign in itself.
  if (actor.id === 'hub' && action === 'session.sign_in') return 'Somebody';
  if (actor.id === 'hub') return 'The hub';
  // Programs and the machine's own administrator are no people with names.
  if (actor.name === 'agent' && action === 'device.claim') return 'Its agent';
  if (actor.name === 'local administrator') return 'The local administrator';
  return actor.name || actor.id || 'Somebody';
}

function joined(verb: string, rest: string): string {
  return rest.startsWith(',') ? `${verb}${rest}` : `${verb} ${rest}`.trim();
}

/** Why it went so, for beside the sentence; '' when nothing is said. */
export function reasonOf(entry: AuditEntry): string {
  if (entry.action === 'turn.end') return endings[textOf(entry.detail, ['reason'])] ?? '';
  return textOf(entry.detail, ['reason', 'message', 'error', 'why']);
}

const endings: Readonly<Partial<Record<string, string>>> = {
  time_up: 'the time was up',
  gave_back: 'gave it back',
  lost: 'was away for too long',
  stopped: 'by a stop',
  taken: 'it was taken over',
  skipped: 'a moderator ended it',
  removed: 'removed by a moderator',
};

function unknown({ action, object, outcome }: AuditEntry): string {
  const what = [action, object].filter(Boolean).join(' ');
  return outcome === 'ok' ? what : `tried ${what}`;
}

/** "lab-turret" of "device:lab-turret". */
export function nameOf(object: string): string {
  return object.slice(object.indexOf(':') + 1);
}

/** Page of the administration about an object, or null. */
export function objectPath(object: string): string | null {
  const [kind, name] = [object.slice(0, Math.max(0, object.indexOf(':'))), nameOf(object)];
  if (!name) return null;
  if (kind === 'device') return `/admin/devices/${encodeURIComponent(name)}`;
  if (kind === 'user') return `/admin/users/${encodeURIComponent(name)}`;
  return null;
}

/** A member's value as text, for the list of details. */
export function valueText(value: unknown): string {
  if (value === null) return 'none';
  if (typeof value === 'string') return value === '' ? '(empty)' : value;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(', ') || 'none';
  return JSON.stringify(value);
}

function textOf(detail: Record<string, unknown>, names: string[]): string {
  for (const name of names) {
    const value = detail[name];
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
    if (typeof value === 'boolean') return value ? 'yes' : 'no';
    // A person, as {"id","name"}; a scope, as {"kind","value"}.
    if (typeof value === 'object' && value !== null) {
      const { name: called, value: held } = value as Record<string, unknown>;
      if (typeof called === 'string') return called;
      if (typeof held === 'string') return held;
    }
  }
  return '';
}

function of({ object }: Words): string {
  return object ? `of ${object}` : '';
}

function sessionsOf(words: Words): string {
  const count = Number(words.get('sessions') || 1);
  const what = count > 1 ? `${count} sessions` : 'a session';
  return words.object ? `${what} of ${words.object}` : what;
}

function changeOf(words: Words): string {
  const role = words.get('role');
  const disabled = words.get('disabled');
  const state = disabled === 'yes' ? 'now disabled' : disabled === 'no' ? 'now enabled' : '';
  return [role && `now ${role}`, state].filter(Boolean).join(', ');
}

function tokenOf(words: Words): string {
  const name = words.get('name');
  return name ? `“${name}”` : words.object;
}

function banOf(words: Words): string {
  const person = words.get('name', 'person') || 'somebody';
  return `${person} from ${words.get('device') || 'the whole hub'}`;
}
