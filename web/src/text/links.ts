import type { Device, Halt, Link } from '../protocol.ts';

export const link_texts: Readonly<Record<Link, string>> = {
  agent: 'Agent',
  mqtt: 'MQTT',
  robot_tcp: 'Robot (TCP)',
  cloudtalker: 'cloudtalker',
};

export function linkText(link: string | undefined): string {
  return (link_texts as Readonly<Record<string, string>>)[link ?? 'agent'] ?? link ?? '';
}

/** What stop cannot promise; '' where the device makes itself safe. */
export const halt_notices: Readonly<Record<Halt, string>> = {
  local: '',
  sent: 'Stop is sent to this device, which cannot confirm it. It has no dead-man of its own.',
  none: 'This device cannot be stopped from here.',
};

export function haltOf({ halt, fenced }: Pick<Device, 'halt' | 'fenced'>): Halt {
  return halt ?? (fenced ? 'local' : 'sent');
}
