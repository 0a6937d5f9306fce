import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Finding, Health, HealthLevel } from '../protocol_upkeep.ts';
import { health, sortFindings } from '../state/health.ts';
import { lengthText } from '../text/time.ts';
import { Follow } from './follow.ts';
import { loaded } from './loaded.ts';
import './rh_when.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';
import { bytesText } from '../text/sizes.ts';

const refresh_ms = 5000;

const status_texts: Readonly<Record<HealthLevel, { title: string; tone: string }>> = {
  ok: { title: 'Everything is in order', tone: 'ok' },
  warning: { title: 'Something needs a look', tone: 'warn' },
  critical: { title: 'Something needs to be done now', tone: 'danger' },
};

const level_texts: Readonly<Record<HealthLevel, { text: string; tone: string }>> = {
  ok: { text: 'In order', tone: 'ok' },
  warning: { text: 'Warning', tone: 'warn' },
  critical: { text: 'Critical', tone: 'danger' },
};

/** How the hub is: what needs to be done, and its figures; kept fresh while one looks. */
@customElement('rh-health-page')
export class RhHealthPage extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    tables,
    css`
      .state {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 0.25rem 1rem;
        margin-bottom: 1.25rem;
        padding: 1.125rem 1.25rem;
        font-size: 1.125rem;
      }
      .state strong {
        margin-right: auto;
        font-weight: 680;
      }
      rh-when {
        display: inline;
      }
      .findings {
        display: grid;
        gap: 0.75rem;
        margin: 0 0 1.25rem;
        padding: 0;
        list-style: none;
      }
      .finding {
        display: grid;
        gap: 0.375rem;
        padding: 1rem 1.25rem;
      }
      .finding header {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5rem 0.75rem;
      }
      .finding p {
        overflow-wrap: anywhere;
      }
      .todo {
        padding-left: 0.875rem;
        border-left: 3px solid var(--rh-outline);
      }
      .warning .todo {
        border-color: var(--rh-warn-text);
      }
      .critical .todo {
        border-color: var(--rh-stop);
      }
      .figures {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 13rem), 1fr));
        gap: 0.75rem;
        margin: 0 0 1.25rem;
      }
      .figure {
        padding: 0.875rem 1.125rem;
      }
      .figure dt {
        color: var(--rh-muted);
        font-size: 0.875rem;
      }
      .figure dd {
        margin: 0.125rem 0 0;
        font-size: 1.375rem;
        font-weight: 680;
        letter-spacing: -0.015em;
        line-height: 1.3;
      }
      details.good {
        margin-bottom: 1.25rem;
      }
      details.good summary {
        padding: 0.5rem 0;
        color: var(--rh-muted);
        font-weight: 600;
        cursor: pointer;
      }
      @media (max-width: 44rem) {
        .figures {
          grid-template-columns: repeat(2, minmax(0, 1fr));
        }
      }
    `,
  ];

  private release_: () => void = () => undefined;

  constructor() {
    super();
    new Follow(this, health.health.state);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.release_ = health.watch(refresh_ms);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.release_();
  }

  override render(): TemplateResult {
    return html`
      <div class="head"><h1>Health</h1></div>
      ${loaded(health.health, (value) => this.body(value), 5)}
    `;
  }

  private body(value: Health): TemplateResult {
    const findings = sortFindings(value.findings);
    const open = findings.filter(({ level }) => level !== 'ok');
    const good = findings.filter(({ level }) => level === 'ok');
    const { title, tone } = status_texts[value.status];
    return html`
      <div class="note state ${tone}" role="status">
        <strong>${title}</strong>
        <span class="small">Seen <rh-when .at=${value.at_ms}></rh-when></span>
      </div>
      ${open.length > 0
        ? html`<ul class="findings" aria-label="Findings">
            ${repeat(
              open,
              ({ id }) => id,
              (finding) => this.finding(finding),
            )}
          </ul>`
        : nothing}
      ${this.figures(value)}
      ${good.length > 0
        ? html`<details class="good">
            <summary>${good.length === 1 ? '1 thing is' : `${good.length} things are`} in order</summary>
            <ul class="findings">
              ${good.map((finding) => this.finding(finding))}
            </ul>
          </details>`
        : nothing}
      <section class="card part" aria-labelledby="metrics">
        <h2 id="metrics">Figures over time</h2>
        <p class="small">
          With <code>metrics.enabled: true</code> the hub offers its figures at
          <a href="/metrics" target="_blank">/metrics</a>
          in the text format of Prometheus: to administrators, and to whoever brings the token of
          <code>metrics.token_file</code>. While that is off the address answers “not found”.
        </p>
      </section>
    `;
  }

  private finding({ level, title, detail, what_to_do }: Finding): TemplateResult {
    const { text, tone } = level_texts[level];
    return html`<li class="card finding ${level}">
      <header>
        <span class="badge ${tone}">${text}</span>
        <h2>${title}</h2>
      </header>
      ${detail ? html`<p class="muted">${detail}</p>` : nothing}
      ${what_to_do && level !== 'ok' ? html`<p class="todo">${what_to_do}</p>` : nothing}
    </li>`;
  }

  private figures({ figures, uptime_ms, version }: Health): TemplateResult {
    const { devices_online, devices, people, sockets, memory_bytes, disk_free_bytes, database_bytes } = figures;
    const { captures_bytes } = figures;
    const size = (bytes: number | null | undefined): string => (typeof bytes === 'number' ? bytesText(bytes) : '');
    const list: [string, string | number | null | undefined][] = [
      ['Devices online', typeof devices_online === 'number' ? `${devices_online} of ${devices ?? '?'}` : null],
      ['People here', people],
      ['Open pages', sockets],
      ['Running for', lengthText(uptime_ms)],
      ['Memory', size(memory_bytes)],
      ['Disk free', size(disk_free_bytes)],
      ['Database', size(database_bytes)],
      ['Captures', size(captures_bytes)],
      ['Version', version],
    ];
    return html`<dl class="figures" aria-label="Figures">
      ${list
        .filter(([, value]) => value !== null && value !== undefined && value !== '')
        .map(
          ([name, value]) =>
            html`<div class="card figure">
              <dt>${name}</dt>
              <dd class="number">${value}</dd>
            </div>`,
        )}
    </dl>`;
  }
}
