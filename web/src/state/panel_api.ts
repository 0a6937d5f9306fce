import { asProblem, request } from '../net/http.ts';
import type { Command, Device, TypeInfo } from '../protocol.ts';
import type { Capture, CapturesPage, History } from '../protocol_media.ts';
import { askHistory } from './ask_history.ts';
import type { CommandsStore } from './commands.ts';
import type { DevicesStore } from './devices.ts';
import type { DrivingTab } from './driving_tab.ts';

import type { StopStore } from './stop.ts';
import type { Store } from './store.ts';
import type { TurnStore } from './turn.ts';
import type { WatchStore } from './watch.ts';

/** What a refused command tells a panel. */
export interface Refusal {
  code: string;
  detail: string;
  pointer: string | undefined;
}

/**
 * My turn as a panel sees it; a turn that this tab does not drive is none. Its `epoch` is told all the same: without
 * `elsewhere` it means that this tab has lost its connection, or is not yet known to be the one that drives.
 */
export interface PanelYou {
  state: 'none' | 'waiting' | 'active';
  /** I hold the turn, and the hub has said that another tab drives. */
  elsewhere: boolean;
  place: number;
  epoch: number;
  remaining_ms: number | null;
}

/**
 * All that a plugin's panel gets. It is the same for the panels that come with the hub and for anybody else's, so
 * nothing of the page's own stores may leak through it.
 */
export interface PanelApi {
  readonly device: string;
  readonly typeInfo: TypeInfo;
  send(name: string, params?: Record<string, unknown>): Promise<Command>;
  subscribe(channel: string, callback: (value: never, t_ms: number) => void): () => void;
  halt(): void;
  /** The device's newest captures, newest first. */
  captures(): Promise<Capture[]>;
  /** What a channel has measured, in at most `points` points a series. Times are ms of the hub's wall clock. */
  history(channel: string, from_ms: number, to_ms: number, points?: number): Promise<History>;
}

/** So many captures a panel gets; the gallery shows all. */
const most_captures = 50;
const usual_points = 500;

interface Stores {
  devices: DevicesStore;
  turns: TurnStore;
  tab: DrivingTab;
  commands: CommandsStore;
  stops: StopStore;
  watch: WatchStore;
  picture: Store<{ width: number; height: number } | null>;
  now: () => number;
  get?: <T>(path: string) => Promise<T>;
}

export function makePanelApi(device: string, typeInfo: TypeInfo, stores: Stores): PanelApi {
  const { devices, turns, tab, commands, stops, watch, picture, now } = stores;
  const get = stores.get ?? (<T>(path: string) => request<T>('GET', path));

  const you = (): PanelYou => {
    const mine = turns.of(device);
    const active = mine.state === 'active';
    const elsewhere = active && tab.elsewhere.value.has(device);
    const state = active && !tab.drives(device) ? 'none' : mine.state;
    const remaining_ms = state === 'active' && mine.ends_at !== null ? Math.max(0, mine.ends_at - now()) : null;
    return { state, elsewhere, place: mine.place, epoch: mine.epoch, remaining_ms };
  };

  const shell: Record<string, (tell: (value: unknown) => void) => () => void> = {
    $device(tell) {
      let told: Device | undefined;
      const update = (): void => {
        const newest = devices.get(device)?.device;
        if (!newest || newest === told) return;
        told = newest;
        tell(structuredClone(newest));
      };
      update();
      return devices.state.subscribe(update);
    },
    $you(tell) {
      const update = (): void => tell(you());
      update();
      const releases = [turns.state, tab.driving, tab.elsewhere].map((store) => store.subscribe(update));
      return () => releases.forEach((release) => release());
    },
    $picture(tell) {
      const update = (): void => {
        if (picture.value) tell({ ...picture.value });
      };
      update();
      return picture.subscribe(update);
    },
  };

  /** Refusals reach a panel as plain objects. */
  const plainly = async <T>(ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      const { code, detail, pointer } = asProblem(error);
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- panels are promised a plain object
      throw { code, detail, pointer } satisfies Refusal;
    }
  };

  return Object.freeze<PanelApi>({
    device,
    typeInfo: structuredClone(typeInfo),
    send(name, params = {}) {
      const needs_turn = typeInfo.commands?.find((command) => command.name === name)?.turn !== 'none';
      return plainly(() => commands.send(device, name, params, { needs_turn }));
    },
    subscribe(channel, callback) {
      const own = shell[channel];
      // What a panel makes of it must not keep the page's own parts, which are told after it, from hearing the same.
      const tell = (value: unknown, t_ms?: number): void => {
        try {
          (callback as (value: unknown, t_ms?: number) => void)(value, t_ms);
        } catch (error) {
          reportError(error);
        }
      };
      return own ? own(tell) : watch.subscribe(channel, tell);
    },
    halt() {
      stops.press(device);
    },
    captures() {
      const query = new URLSearchParams({ device, limit: String(most_captures) });
      return plainly(async () => (await get<CapturesPage>(`/api/v1/captures?${query.toString()}`)).captures);
    },
    history(channel, from_ms, to_ms, points = usual_points) {
      return plainly(() => askHistory(device, channel, get)(from_ms, to_ms, points));
    },
  });
}
