/** Shapes of measured values, captures and devices that wait to be accepted, as docs/PROTOCOL.md (1.2) defines them. */
import type { Link } from './protocol.ts';

/** When, of how many values, their least, greatest and mean. */
export type HistoryPoint = [t_ms: number, n: number, min: number, max: number, mean: number];

export interface HistorySeries {
  channel: string;
  /** JSON Pointer into the channel's value, such as "/pitch_deg". */
  field: string;
  title: string;
  unit: string;
  points: HistoryPoint[];
}

export interface History {
  device: string;
  from_ms: number;
  to_ms: number;
  /** The time that one point stands for; 0 where points are single values. */
  step_ms: number;
  series: HistorySeries[];
  raw_from_ms?: number | null;
  lossy_ms?: number;
}

export const triggers = ['pir', 'request', 'alarm', 'record', 'still'] as const;
export type Trigger = (typeof triggers)[number];

export interface Capture {
  id: number;
  device: string;
  trigger: Trigger;
  started_ms: number;
  ended_ms: number | null;
  state: 'open' | 'joining' | 'ready' | 'failed';
  bytes: number;
  duration_ms: number;
  width: number;
  height: number;
  message: string;
  /** Numbers of segments that never came. */
  gaps: number[];
  kind: 'video' | 'still';
}

export interface CapturesPage {
  captures: Capture[];
  /** Where the next, older page begins; null when this one is the oldest. */
  next_before: number | null;
}

export interface Pending {
  link: Exclude<Link, 'agent'>;
  foreign_id: string;
  name: string;
  address: string;
  since_ms: number;
  type: string;
  /** Why it cannot be accepted as it is; '' when it can. */
  refused: string;
}

/** What enrolling a device of another link answers. */
export interface ForeignEnrolment {
  id: string;
  type: string;
  link: Link;
  /** What is left to do, for whoever types commands at the hub: its certificate first, then `start`. */
  instructions: string;
  /** The line that starts the old program; '' when the hub does not listen for such devices. */
  start: string;
}
