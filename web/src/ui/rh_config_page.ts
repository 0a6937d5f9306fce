import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Config, ConfigKey } from '../protocol_upkeep.ts';
import { configSections, ConfigStore, isChanged, sourceText, valueText, type ConfigSection } from '../state/config.ts';
import { Follow } from './follow.ts';
import { icons } from './icons.ts';
import { loaded } from './loaded.ts';
import './rh_config_check.ts';
import './rh_config_reload.ts';
import './rh_when.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

/** What the hub runs with, and where each value comes from; checking and reloading of the file. */
@customElement('rh-config-page')
export class RhConfigPage extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    tables,
    css`
      .only {
        display: flex;
        align-items: center;
        gap: 0.5rem;
        min-height: 2.75rem;
        font-size: 0.9375rem;
        font-weight: 500;
      }
      .only input {
        width: 1.125rem;
        height: 1.125rem;
        accent-color: var(--rh-accent);
      }
      h2 {
        margin-bottom: 0.5rem;
      }
      section {
        margin-bottom: 1.25rem;
      }
      td.main {
        width: 17rem;
      }
      td.from {
        width: 8.5rem;
      }
      td.marks {
        width: 14rem;
        text-align: right;
      }
      tbody tr:first-child td {
        border-top: 0;
      }
      .value {
        margin-right: 0.375rem;
        font-weight: 600;
      }
      .marks .badge {
        margin: 0.0625rem 0;
      }
      td .small {
        color: var(--rh-muted);
      }
      rh-config-reload,
      rh-config-check {
        margin-bottom: 1.25rem;
      }
      rh-when {
        display: inline;
      }
      .file {
        overflow-wrap: anywhere;
      }
      @media (max-width: 44rem) {
        .table td.main,
        .table td.from,
        .table td.marks {
          width: auto;
          text-align: left;
        }
        .table td.marks:not(:has(.badge)) {
          display: none;
        }
      }
    `,
  ];

  @state() private search_ = '';
  @state() private changed_ = false;
  private readonly config_ = new ConfigStore();

  constructor() {
    super();
    new Follow(this, this.config_.running.state);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.config_.running.load();
  }

  override render(): TemplateResult {
    return html`
      <div class="head"><h1>Configuration</h1></div>
      ${loaded(this.config_.running, (config) => this.body(config), 8)}
    `;
  }

  private body(config: Config): TemplateResult {
    return html`
      <p class="lead file">
        ${config.file
          ? html`From <code>${config.file}</code>, read <rh-when .at=${config.loaded_at_ms}></rh-when>. Values are
              changed there, on the hub’s machine, and never from this page.`
          : html`No configuration file: the hub runs with its defaults and its command line.`}
      </p>
      <rh-config-reload .config=${this.config_}></rh-config-reload>
      <rh-config-check .config=${this.config_}></rh-config-check>
      <div class="head">
        <search class="search">
          ${icons.search}
          <input
            type="search"
            aria-label="Search settings by name or value"
            placeholder="Search settings"
            .value=${this.search_}
            @input=${(event: Event) => (this.search_ = (event.target as HTMLInputElement).value)}
          />
        </search>
        <label class="only">
          <input
            type="checkbox"
            .checked=${this.changed_}
            @change=${(event: Event) => (this.changed_ = (event.target as HTMLInputElement).checked)}
          />
          Only what differs from the default
        </label>
      </div>
      ${this.sections(config)}
    `;
  }

  private sections(config: Config): TemplateResult | TemplateResult[] {
    const sections = configSections(config.keys, this.search_, this.changed_);
    if (sections.length === 0) {
      return html`<div class="card empty" role="status">
        <h2>${this.search_ ? `No setting matches “${this.search_}”` : 'Everything is at its default'}</h2>
        <button
          @click=${() => {
            this.search_ = '';
            this.changed_ = false;
          }}
        >
          Show all settings
        </button>
      </div>`;
    }
    const found = sections.reduce((sum, { keys }) => sum + keys.length, 0);
    return [
      html`<p class="unseen" role="status">${this.search_ || this.changed_ ? `${found} settings` : ''}</p>`,
      ...sections.map((section) => this.section(section)),
    ];
  }

  private section({ name, keys }: ConfigSection): TemplateResult {
    return html`<section aria-label=${name}>
      <h2>${name}</h2>
      <div class="card table">
        <table role="table" aria-label="Settings of ${name}">
          <thead role="rowgroup" class="unseen">
            <tr role="row">
              <th role="columnheader" scope="col">Setting</th>
              <th role="columnheader" scope="col">Value</th>
              <th role="columnheader" scope="col">From</th>
              <th role="columnheader" scope="col">Marks</th>
            </tr>
          </thead>
          <tbody role="rowgroup">
            ${repeat(
              keys,
              ({ path }) => path,
              (key) => this.row(key),
            )}
          </tbody>
        </table>
      </div>
    </section>`;
  }

  private row(key: ConfigKey): TemplateResult {
    const changed = isChanged(key);
    return html`<tr role="row">
      <td role="cell" class="main"><code>${key.path}</code></td>
      <td role="cell">
        <code class="value">${valueText(key.value)}</code>
        ${key.allowed ? html`<span class="small">${key.allowed}</span>` : nothing}
        ${changed ? html`<div class="small">Default: <code>${valueText(key.default)}</code></div>` : nothing}
      </td>
      <td role="cell" class="from" data-label="From" title=${key.source}>
        ${key.source === 'default' ? html`<span class="muted">default</span>` : sourceText(key.source)}
      </td>
      <td role="cell" class="marks">
        ${changed ? html`<span class="badge accent plain">Changed</span>` : nothing}
        ${key.restart ? html`<span class="badge plain">Needs a restart</span>` : nothing}
      </td>
    </tr>`;
  }
}
