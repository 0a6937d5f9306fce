import { dialHub, LiveSocket } from './net/live.ts';
import { request } from './net/http.ts';
import type { Device } from './protocol.ts';
import { Router } from './router.ts';
import { Announcements } from './state/announcements.ts';
import { CommandsStore } from './state/commands.ts';
import { DevicesStore } from './state/devices.ts';
import { DrivingTab } from './state/driving_tab.ts';
import { HubTime } from './state/hub_time.ts';
import { Questions } from './state/questions.ts';
import { RightsStore } from './state/rights.ts';
import { SessionStore } from './state/session.ts';
import { Stills } from './state/stills.ts';
import { StopStore } from './state/stop.ts';
import { Theme } from './state/theme.ts';
import { Toasts } from './state/toasts.ts';
import { TurnStore } from './state/turn.ts';

/** The page's one set of stores; elements import what they follow. */
const visible = (): boolean => document.visibilityState === 'visible';

export const live = new LiveSocket(dialHub);
export const hubTime = new HubTime(live);
export const router = new Router();
export const session = new SessionStore();
export const theme = new Theme();
export const announcements = new Announcements();
export const questions = new Questions();
export const toasts = new Toasts();
export const drivingTab = new DrivingTab(live, sessionStorageOrNull());
export const devices = new DevicesStore(live);
export const rights = new RightsStore(live, session);
export const turns = new TurnStore(live, drivingTab, visible);
export const commands = new CommandsStore(live, turns);
export const stops = new StopStore(live);
export const stills = new Stills();

/** Connects the stores to each other and to the browser; called once. */
export function start(): void {
  router.start();
  const windows = new BroadcastChannel('robohub.person');
  let person = '';
  session.state.subscribe(() => {
    const now = session.state.value.info?.person?.id ?? '';
    if (now === person) return;
    person = now;
    live.stop();
    devices.clear();
    turns.clear();
    rights.clear();
    // A stop that is still wanted outlives a session that ended by itself, not its presser's leaving.
    if (now === '' && !session.state.value.ended) stops.clear();
    if (now !== '') live.start();
    windows.postMessage(now);
  });
  // All windows of a browser share one cookie: when another one has another person, so has this one from now on.
  windows.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (data !== person) void session.load();
  });
  live.connection.subscribe(() => {
    const connection = live.connection.value;
    const { kind } = connection;
    if (kind === 'waiting' && connection.rights) {
      announcements.say('What you may do here has changed.');
      void forgetUnseen();
    }
    // A refused upgrade looks like a lost network from here; only the session tells them apart.
    if (kind === 'signed_out' || kind === 'waiting') void session.load().then(comeBack);
  });
  window.addEventListener('online', () => live.woke());
  document.addEventListener('visibilitychange', () => {
    if (visible()) live.woke();
  });
  void session.load();
}

/** The hub hung up on us but still knows us (its session was renewed elsewhere, say): dial again, without haste. */
function comeBack(): void {
  if (live.connection.value.kind !== 'signed_out' || !session.signedIn) return;
  setTimeout(() => {
    if (live.connection.value.kind === 'signed_out' && session.signedIn) live.start();
  }, 2000);
}

/** Rights have changed: what I may no longer see leaves the page. */
async function forgetUnseen(): Promise<void> {
  try {
    const answer = await request<{ devices: Device[] }>('GET', '/api/v1/devices');
    devices.keepOnly(new Set(answer.devices.map(({ id }) => id)));
  } catch {
    // Signed out, or away: the session or the next connection settles it.
  }
}

function sessionStorageOrNull(): Storage | null {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}
