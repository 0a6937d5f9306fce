import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { ChannelInfo, Schema, Telemetry } from '../protocol.ts';
import { humanName } from '../text/names.ts';
import { unitText } from '../text/units.ts';
import { base } from './styles/base.ts';

/** The newest value of each channel that the device's type declares. */
@customElement('rh-telemetry')
export class RhTelemetry extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        gap: 1rem;
      }
      dl {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 0.25rem 1rem;
        margin: 0.25rem 0 0;
        font-size: 0.9375rem;
      }
      dt {
        color: var(--rh-muted);
      }
      dd {
        margin: 0;
        text-align: right;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) channels: readonly ChannelInfo[] = [];
  @property({ attribute: false }) values: ReadonlyMap<string, Telemetry> = new Map();

  override render(): TemplateResult {
    return html`${this.channels.map((channel) => this.channel(channel))}`;
  }

  private channel(channel: ChannelInfo): TemplateResult {
    const newest = this.values.get(channel.name)?.value;
    return html`<section aria-label=${channel.title || humanName(channel.name)}>
      <h3>${channel.title || humanName(channel.name)}</h3>
      ${newest
        ? html`<dl>
            ${Object.entries(newest).map(([name, value]) => {
              const schema = channel.schema.properties?.[name];
              return html`<dt>${schema?.title ?? humanName(name)}</dt>
                <dd class="number">${valueText(value, schema, name)}</dd>`;
            })}
          </dl>`
        : html`<p class="muted small">No value yet.</p>`}
    </section>`;
  }
}

/** One value as a person reads it: yes and no, few digits, and its unit where its shown name does not end in that. */
export function valueText(value: unknown, schema?: Schema, name = ''): string {
  const unit = schema?.['x-unit'];
  const shown_unit = unit && (schema.title ?? !name.endsWith(`_${unit}`)) ? ` ${unitText(unit)}` : '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return `${Math.round(value * 1000) / 1000}${shown_unit}`;
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return `${value.length} ${value.length === 1 ? 'entry' : 'entries'}`;
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([key, part]) => {
        const inner = schema?.properties?.[key];
        return `${(inner?.title ?? humanName(key)).toLowerCase()} ${valueText(part, inner, key)}`;
      })
      .join(', ');
  }
  return '–';
}
