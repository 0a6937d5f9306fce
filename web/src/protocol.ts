import type { Capture } from './protocol_media.ts';

/**
 * The shapes that travel between this page and the hub, as docs/PROTOCOL.md defines them. Nothing here is checked at
 * run time: the hub is our own origin, and unknown members are ignored as the protocol asks.
 */

export interface Person {
  id: string;
  name: string;
  kind: 'guest' | 'account';
  role: 'guest' | 'member' | 'viewer' | 'player' | 'administrator';
}

export interface Can {
  watch: boolean;
  play: boolean;
  stop: boolean;
  moderate?: boolean;
  administer: boolean;
}

export interface SessionInfo {
  person: Person | null;
  /** What I may on the whole hub; `can` of a device may be more. */
  can: Can;
  guests: { watch: boolean; play: boolean };
  setup_needed: boolean;
  version: string;
  /** Until when the password need not be given again, of an account. */
  confirmed_until_ms?: number | null;
  /** The other way to sign in, if there is one. */
  oidc?: { title: string } | null;
}

export interface Stop {
  state: 'none' | 'sent' | 'confirmed' | 'unconfirmed';
  id?: string;
  by?: string;
  at_ms?: number;
  message?: string;
}

export interface PersonRef {
  id: string;
  name: string;
}

export interface Turn {
  holder: PersonRef | null;
  epoch: number;
  remaining_ms: number | null;
  grace_ms: number | null;
  waiting: PersonRef[];
  estimate_ms: number[];
  /** A moderator holds the line: nobody gets a new turn. */
  held?: { by: string; reason: string } | null;
}

export interface StreamInfo {
  name: string;
  kind: 'mjpeg' | 'sound';
  /** Of pictures. */
  width?: number;
  height?: number;
  /** Of sound. */
  rate_hz?: number;
  live: boolean;
  /** How old its newest picture is; of streams that the hub fetches itself. */
  age_ms?: number | null;
  /** Why there is no fresh one, as a sentence. */
  fault?: string;
  /** The hub reads the camera itself: its pictures come whether the device is there or not. */
  by_url?: boolean;
  /** The capture that the hub makes of it right now. */
  recording?: { id: number; started_ms: number } | null;
}

/** The way by which a device speaks to the hub. */
export type Link = 'agent' | 'mqtt' | 'robot_tcp' | 'cloudtalker';
/** What a stop can promise: the device makes itself safe; it is told and says nothing; it cannot even be told. */
export type Halt = 'local' | 'sent' | 'none';

export interface Device {
  id: string;
  name: string;
  type: string;
  presence: 'online' | 'offline' | 'never';
  since_ms: number;
  plugin: { version: string; installed: boolean } | null;
  fenced: boolean;
  hazards: string[];
  deadman_ms: number;
  stop: Stop;
  turn: Turn;
  streams: StreamInfo[];
  labels?: string[];
  room?: string;
  link?: Link;
  halt?: Halt;
  /** What I may on this device; only in answers to one person. */
  can?: Can;
}

export interface CommandInfo {
  name: string;
  title: string;
  description?: string;
  turn: 'required' | 'none';
  ttl_ms?: number;
  hazardous?: boolean;
  panel?: boolean;
  params: Schema;
  result?: Schema;
}

export interface ChannelInfo {
  name: string;
  title: string;
  kind: 'state' | 'value';
  schema: Schema;
}

export interface PanelInfo {
  element: string;
  module: string;
  slot: 'video' | 'side';
  title: string;
}

export interface TypeInfo {
  type: string;
  title: string;
  description?: string;
  commands?: CommandInfo[];
  channels?: ChannelInfo[];
  panels?: PanelInfo[];
}

export type DeviceWithType = Device & { type_info: TypeInfo | null };

export type CommandState =
  | 'accepted'
  | 'sent'
  | 'acknowledged'
  | 'succeeded'
  | 'failed'
  | 'expired'
  | 'cancelled'
  | 'refused'
  | 'unknown';

export interface CommandError {
  code: string;
  message: string;
  pointer?: string;
}

export interface Command {
  id: string;
  key: string;
  name: string;
  device: string;
  state: CommandState;
  at_ms?: number;
  error: CommandError | null;
  value: Record<string, unknown> | null;
  times?: Partial<Record<CommandState, number>>;
}

export type TurnEnd = 'time_up' | 'gave_back' | 'lost' | 'stopped' | 'taken' | 'skipped' | 'removed' | '';

export interface You {
  device: string;
  state: 'none' | 'waiting' | 'active';
  place?: number | null;
  epoch?: number | null;
  estimate_ms?: number | null;
  remaining_ms?: number | null;
  warning?: boolean;
  reason?: TurnEnd;
  can?: Can;
}

export interface LogEvent {
  device: string;
  at_ms: number;
  level: 'info' | 'warning' | 'error';
  kind: string;
  text: string;
}

export interface Telemetry {
  device: string;
  channel: string;
  /** When it was measured, by the hub's wall clock. */
  t_ms: number;
  value: Record<string, unknown>;
}

export type HubMessage =
  | { type: 'welcome'; person: Person; can: Can; version: string; at_ms: number }
  | { type: 'devices'; devices: Device[] }
  | { type: 'device'; device: Device }
  | { type: 'device_gone'; device: string }
  | ({ type: 'you' } & You)
  | { type: 'driver'; device: string; you: boolean }
  | { type: 'stamp'; device: string; epoch: number; stamp: string }
  | ({ type: 'command' } & Command)
  | ({ type: 'telemetry' } & Telemetry)
  | ({ type: 'event' } & LogEvent)
  | { type: 'capture'; capture: Capture }
  | { type: 'capture_gone'; device: string; id: number }
  | { type: 'pong'; at_ms?: number }
  | { type: 'ok'; ref?: string }
  | { type: 'error'; ref?: string; code: string; detail: string; pointer?: string };

/** The profile of JSON Schema (draft-07) that a plugin may declare. */
export interface Schema {
  type?: 'object' | 'array' | 'number' | 'integer' | 'string' | 'boolean' | 'null';
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean;
  'x-unit'?: string;
  /** An object's members as they were declared; `properties` comes sorted. */
  'x-order'?: string[];
}

const finals: readonly CommandState[] = ['succeeded', 'failed', 'expired', 'cancelled', 'refused', 'unknown'];

/** Whether a command in this state can still change. */
export function isFinal(state: CommandState): boolean {
  return finals.includes(state);
}
