import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Plugin } from '../protocol_people.ts';
import { askPlugins, type PluginType } from '../state/plugins.ts';
import { humanName } from '../text/names.ts';
import { Follow } from './follow.ts';
import { icons } from './icons.ts';
import { loaded } from './loaded.ts';
import './rh_copy.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

/** Which device types this hub knows, in which versions, and from where. */
@customElement('rh-plugins-page')
export class RhPluginsPage extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    tables,
    css`
      .versions {
        display: grid;
        gap: 0.5rem;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      .versions li {
        padding-top: 0.75rem;
        border-top: 1px solid var(--rh-line);
      }
      .version-head {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5rem 0.75rem;
        margin-bottom: 0.5rem;
      }
      .empty {
        max-width: 40rem;
      }
      .empty rh-copy {
        width: 100%;
        text-align: left;
      }
      ol {
        margin: 0;
        padding-left: 1.25rem;
        text-align: left;
      }
    `,
  ];

  private readonly plugins_ = askPlugins();

  constructor() {
    super();
    new Follow(this, this.plugins_.state);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.plugins_.load();
  }

  override render(): TemplateResult {
    return html`
      <div class="head"><h1>Plugins</h1></div>
      <p class="lead">
        A plugin is what the hub knows of a kind of device: its commands, values and panels. Plugins are put into the
        hub’s plugin folders by hand, never from a page, and are found when the hub starts.
      </p>
      ${loaded(
        this.plugins_,
        (plugins) => (plugins.length === 0 ? this.none() : plugins.map((p) => this.plugin(p))),
        4,
      )}
    `;
  }

  private plugin(plugin: PluginType): TemplateResult {
    const kinds = plugin.types.filter((type) => type !== plugin.id);
    return html`<section class="card part" aria-label=${plugin.title}>
      <div class="part-head">
        <h2>${plugin.title}</h2>
        <span class="badge ${plugin.devices > 0 ? 'ok' : ''} plain">${usedBy(plugin.devices)}</span>
      </div>
      <p class="muted small">
        <code>${plugin.id}</code>${plugin.vendor ? ` by ${plugin.vendor}` : ''}${kinds.length > 0
          ? `. Kinds of device: ${kinds.map((type) => humanName(type)).join(', ')}`
          : ''}
      </p>
      <ul class="versions" aria-label="Versions of ${plugin.title}">
        ${plugin.versions.map((version) => this.version(version, plugin.versions.length > 1))}
      </ul>
    </section>`;
  }

  private version({ version, folder, sha256, devices }: Plugin, several: boolean): TemplateResult {
    return html`<li>
      <div class="version-head">
        <h3>Version ${version}</h3>
        ${several ? html`<span class="muted small">${usedBy(devices)}</span>` : ''}
      </div>
      <dl class="facts">
        <dt>Folder</dt>
        <dd><code>${folder}</code></dd>
        <dt>Library</dt>
        <dd><code title="SHA-256 of its shared library">sha256:${sha256}</code></dd>
      </dl>
    </li>`;
  }

  private none(): TemplateResult {
    return html`<div class="card empty" role="status">
      ${icons.plug}
      <h2>No plugin is installed</h2>
      <p class="muted">Without one the hub can show no device and send no command. STOP works always.</p>
      <ol>
        <li>Put the plugin’s folder, named after its type, into a folder that <code>plugins.path</code> names.</li>
        <li>Start the hub again.</li>
        <li>Put the same version on the machine that the device hangs on.</li>
      </ol>
      <rh-copy text="sudo systemctl restart robohub" what="the command that starts the hub again"></rh-copy>
    </div>`;
  }
}

function usedBy(devices: number): string {
  if (devices === 0) return 'No device uses it';
  return devices === 1 ? '1 device uses it' : `${devices} devices use it`;
}
