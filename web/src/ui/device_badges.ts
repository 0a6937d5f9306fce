import { html, nothing, type TemplateResult } from 'lit';
import type { Device } from '../protocol.ts';
import { haltOf } from '../text/links.ts';
import './rh_when.ts';

/** Online, or since when not. Needs `surfaces`. */
export function presenceBadge({ presence, since_ms }: Device): TemplateResult {
  if (presence === 'online') return html`<span class="badge ok">Online</span>`;
  if (presence === 'never') return html`<span class="badge">Never seen</span>`;
  return html`<span class="badge danger">Offline, <rh-when .at=${since_ms}></rh-when></span>`;
}

const stop_texts = { sent: 'Stopping…', confirmed: 'Stopped', unconfirmed: 'Stop not confirmed' } as const;

/** A stop that holds, or nothing. */
export function stopBadge({ stop }: Device): TemplateResult | typeof nothing {
  if (stop.state === 'none') return nothing;
  return html`<span class="badge ${stop.state === 'confirmed' ? 'warn' : 'danger'}">${stop_texts[stop.state]}</span>`;
}

/** What stop cannot promise at this device, or nothing. */
export function haltBadge(device: Device): TemplateResult | typeof nothing {
  switch (haltOf(device)) {
    case 'local':
      return nothing;
    case 'sent':
      return html`<span class="badge warn plain">Stop is not confirmed</span>`;
    case 'none':
      return html`<span class="badge danger plain">Cannot be stopped</span>`;
  }
}
