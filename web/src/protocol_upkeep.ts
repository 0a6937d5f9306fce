/** Shapes of what an administrator looks after: audit, configuration, health, bans (docs/PROTOCOL.md, 1.1). */
import type { PersonRef } from './protocol.ts';

export type Outcome = 'ok' | 'refused' | 'failed';

export interface AuditEntry {
  seq: number;
  at_ms: number;
  actor: PersonRef;
  address: string;
  /** A dotted name, such as "turn.skip". */
  action: string;
  /** "device:lab-turret", "user:ada", "config", or "". */
  object: string;
  outcome: Outcome;
  detail: Record<string, unknown>;
  hash: string;
}

export interface AuditPage {
  entries: AuditEntry[];
  /** Where the next, older page begins; null when this one is the oldest. */
  next_before: number | null;
}

export interface AuditVerdict {
  good: boolean;
  rows: number;
  first_bad_seq: number | null;
  head: string;
  message: string;
}

export interface ConfigKey {
  path: string;
  value: unknown;
  default: unknown;
  /** "default", "command line", or the place in the file: "robohub.yaml:12:3". */
  source: string;
  /** A change of it needs a restart of the hub. */
  restart: boolean;
  kind?: string;
  allowed?: string;
}

export interface ConfigFault {
  /** "robohub.yaml:12:3", or "" where it has no place. */
  where: string;
  path: string;
  message: string;
}

export interface ConfigChange {
  path: string;
  from: unknown;
  to: unknown;
  restart: boolean;
}

export interface ConfigCheck {
  ok: boolean;
  errors: ConfigFault[];
  changes: ConfigChange[];
}

export interface Reload {
  at_ms: number;
  by: string;
  ok: boolean;
  errors: ConfigFault[];
  changed: string[];
  needs_restart: string[];
}

export interface Config {
  file: string | null;
  loaded_at_ms: number;
  keys: ConfigKey[];
  last_reload: Reload | null;
}

export type HealthLevel = 'ok' | 'warning' | 'critical';

export interface Finding {
  id: string;
  level: HealthLevel;
  title: string;
  detail: string;
  what_to_do: string;
}

export interface Health {
  status: HealthLevel;
  at_ms: number;
  uptime_ms: number;
  version: string;
  findings: Finding[];
  figures: Partial<
    Record<
      | 'devices_online'
      | 'devices'
      | 'people'
      | 'sockets'
      | 'memory_bytes'
      | 'disk_free_bytes'
      | 'database_bytes'
      | 'captures_bytes'
      | 'captures_quota_bytes',
      number | null
    >
  >;
}

export interface Ban {
  id: number;
  person: PersonRef;
  /** Null: from the whole hub. */
  device: string | null;
  created_at_ms: number;
  until_ms: number;
  by: string;
  reason: string;
}
