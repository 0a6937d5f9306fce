import type { Device, TurnEnd } from '../protocol.ts';
import { clockText, ordinal } from '../text/time.ts';
import { lacksPlugin } from './devices.ts';
import type { MyTurn } from './turn.ts';

export interface TurnFacts {
  device: Device;
  /** When the device's countdowns were true, and now, both of the page's clock. */
  at: number;
  now: number;
  /** My person id. */
  me: string;
  canPlay: boolean;
  /** Somebody with an account, whom signing in would not help. */
  account: boolean;
  mine: MyTurn;
  /** I hold the turn and this is the tab that drives. */
  drivesHere: boolean;
  /** The hub has said that another tab of mine drives; neither: nobody has said yet which does. */
  elsewhere: boolean;
  /** The live socket is there; without it everything known may be old. */
  connected: boolean;
}

/** The words and buttons of the turn bar. */
export interface TurnView {
  tone: '' | 'mine' | 'ending';
  title: string;
  detail: string;
  /** The big countdown, or null for none. */
  clock: string | null;
  /** Milliseconds left of my turn, or null when it has no end. */
  left: number | null;
  action: 'join' | 'leave' | 'give-back' | 'take-over' | 'sign-in' | 'none';
  /** Nobody drives and nobody waits. */
  free: boolean;
  /** For a screen reader; changes with the state, not with the seconds. '': nothing to say yet. */
  spoken: string;
  people: { id: string; name: string; role: string; me: boolean }[];
}

/** The hub warns; this is the local clock's own idea of "nearly over", should the warning be lost. */
const ending_ms = 10000;

const endings: Record<TurnEnd, string> = {
  time_up: 'Your time is up.',
  gave_back: 'You gave the turn back.',
  lost: 'Your turn ended while this page was away.',
  stopped: 'Your turn ended with a stop.',
  taken: 'Your turn was taken over.',
  skipped: 'A moderator ended your turn.',
  removed: 'A moderator took you out of the line.',
  '': '',
};

export function describeTurn(facts: TurnFacts): TurnView {
  const { mine, canPlay } = facts;
  const view: TurnView = {
    tone: '',
    title: '',
    detail: '',
    clock: null,
    left: null,
    action: canPlay ? 'join' : facts.account ? 'none' : 'sign-in',
    free: isFree(facts.device),
    spoken: '',
    people: people(facts),
  };
  if (!facts.connected) return disconnected(view, facts);
  if (mine.state === 'active') return active(view, facts);
  if (mine.state === 'waiting') return waiting(view, facts);
  return watching(view, facts);
}

function disconnected(view: TurnView, { mine }: TurnFacts): TurnView {
  view.action = 'none';
  view.title = 'Reconnecting…';
  view.detail =
    mine.state === 'active'
      ? 'Nothing you do reaches the device now. Your turn is kept for a moment.'
      : mine.state === 'waiting'
        ? 'Your place in line is kept for a moment.'
        : 'What you see may be old.';
  view.spoken = view.title;
  return view;
}

function active(view: TurnView, { mine, now, drivesHere, elsewhere, device }: TurnFacts): TurnView {
  const left = mine.ends_at === null ? null : Math.max(0, mine.ends_at - now);
  const ending = left !== null && (mine.warning || left <= ending_ms) && left <= 2 * ending_ms;
  view.tone = ending ? 'ending' : 'mine';
  view.clock = left === null ? null : clockText(left);
  view.left = left;
  if (!drivesHere && !elsewhere) {
    view.title = 'Your turn, connecting…';
    view.detail = 'One moment.';
    // Without a device there are no stamps, which else make a window that is looked at ask.
    view.action = device.presence === 'online' ? 'none' : 'take-over';
    return view;
  }
  if (!drivesHere) {
    view.title = 'Your turn, in another tab';
    view.detail = 'Only one tab of yours drives. Bring the turn here, or go on there.';
    view.action = 'take-over';
    view.spoken = 'You are driving in another tab.';
    return view;
  }
  view.action = 'give-back';
  if (device.presence !== 'online') {
    view.title = 'Your turn, but the device is offline';
    view.detail = 'Nothing reaches it until it is back. Your time goes on.';
    view.spoken = 'Your turn, but the device is offline.';
  } else if (device.stop.state !== 'none') {
    view.title = 'Your turn, but stopped';
    view.detail = 'Nothing moves until the stop is reset.';
    view.spoken = 'Your turn, but the device is stopped.';
  } else if (ending) {
    view.title = 'Your turn ends soon';
    view.detail = 'Then the next in line drives.';
    view.spoken = 'Your turn ends in a few seconds.';
  } else {
    view.title = 'Your turn';
    view.detail = left === null ? 'Nobody waits: drive as long as you like.' : 'You are driving.';
    view.spoken = 'It is your turn.';
  }
  return view;
}

function waiting(view: TurnView, { mine, now, device }: TurnFacts): TurnView {
  const { held } = device.turn;
  const hindrance = hindranceOf(device);
  // While the line is held, or no turn can begin, nobody knows when it goes on.
  const left = mine.begins_at === null || held || hindrance ? null : Math.max(0, mine.begins_at - now);
  const about = left === null ? '' : `, about ${clockText(left)}`;
  view.action = 'leave';
  view.title = mine.place <= 1 ? `You are next${about}` : `You are ${ordinal(mine.place)}${about}`;
  if (held) view.detail = 'Your place is kept; turns go on when the line is released.';
  else view.detail = hindrance ? `${hindrance} Your place is kept.` : 'Your turn starts by itself.';
  view.spoken = mine.place <= 1 ? 'You are next in line.' : `You are ${ordinal(mine.place)} in line.`;
  if (held) view.spoken = `${view.spoken} ${heldText(held)}`;
  else if (hindrance) view.spoken = `${view.spoken} ${hindrance}`;
  return view;
}

function watching(view: TurnView, { device, at, now, canPlay, account, mine }: TurnFacts): TurnView {
  const { holder, remaining_ms, grace_ms, waiting, held } = device.turn;
  const ended = endings[mine.reason];
  let hindrance = '';
  if (holder) {
    view.title = `${holder.name} is driving`;
    const parts: string[] = [];
    if (grace_ms !== null) parts.push(`away, back within ${clockText(grace_ms - (now - at))}`);
    else if (remaining_ms !== null) parts.push(`${clockText(remaining_ms - (now - at))} left`);
    if (waiting.length > 0) parts.push(`${waiting.length} waiting`);
    view.detail = parts.join(', ');
  } else if (lacksPlugin(device)) {
    view.title = 'Nobody can drive';
    view.detail = 'This hub lacks the plugin that the device runs. Only STOP works.';
    view.action = 'none';
    view.spoken = `${view.title}. ${view.detail}`;
    return view;
  } else if (held && device.presence === 'online') {
    view.title = 'The line is held';
    view.detail = canPlay
      ? 'You may join the line; turns go on when it is released.'
      : 'Turns go on when it is released.';
  } else {
    hindrance = hindranceOf(device);
    view.title = waiting.length > 0 && !hindrance ? 'The next turn begins' : 'Nobody is driving';
    view.detail = hindrance || (canPlay ? 'It is free: take a turn.' : '');
  }
  view.spoken = `${ended} ${view.title}. ${held ? heldText(held) : hindrance}`.trim();
  if (ended) view.detail = view.detail ? `${ended} ${capital(view.detail)}` : ended;
  const lack = account ? 'You may watch this device, not drive it.' : 'You are watching; an account lets you drive.';
  if (!canPlay) view.detail = `${view.detail} ${lack}`.trim();
  return view;
}

/** A held line in words, for everybody: "Held by Ada: cleaning the lens". */
export function heldText({ by, reason }: { by: string; reason: string }): string {
  return `Held${by ? ` by ${by}` : ''}${reason ? `: ${reason}` : ''}`;
}

function isFree(device: Device): boolean {
  const { holder, waiting, held } = device.turn;
  return !holder && waiting.length === 0 && !held && hindranceOf(device) === '';
}

/** Why no turn can begin now, as a sentence; '' when nothing is in its way. */
function hindranceOf({ presence, stop, hazards }: Device): string {
  if (presence !== 'online') return 'The device is offline.';
  // Without hazards whoever gets the turn may end the stop.
  if (stop.state === 'none' || hazards.length === 0) return '';
  return 'It is stopped; turns begin when an administrator has reset that.';
}

/** What the window's title says first: whoever waits looks at another one meanwhile, and the turn begins by itself. */
export function turnPrefix(turns: Iterable<MyTurn>): string {
  const all = [...turns];
  if (all.some(({ state }) => state === 'active')) return 'Your turn · ';
  return all.some(({ state, place }) => state === 'waiting' && place <= 1) ? 'Next · ' : '';
}

function people({ device, me }: TurnFacts): TurnView['people'] {
  const { holder, waiting } = device.turn;
  const list = waiting.map(({ id, name }, i) => ({ id, name, role: String(i + 1), me: id === me }));
  return holder ? [{ id: holder.id, name: holder.name, role: 'driving', me: holder.id === me }, ...list] : list;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
