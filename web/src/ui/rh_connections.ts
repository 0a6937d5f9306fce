import { html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Connection } from '../protocol_people.ts';
import type { OneDevice } from '../state/admin_devices.ts';
import { lengthText } from '../text/time.ts';
import { loaded } from './loaded.ts';
import './rh_when.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

const kinds: Readonly<Record<Connection['kind'], { title: string; tone: string }>> = {
  connected: { title: 'Connected', tone: 'ok' },
  lost: { title: 'Lost', tone: 'warn' },
  refused: { title: 'Refused', tone: 'danger' },
};

/** When a device's agent came and went, and why it was refused. */
@customElement('rh-connections')
export class RhConnections extends LitElement {
  static override styles = [base, controls, surfaces, tables];

  @property({ attribute: false }) one!: OneDevice;
  /** Asked again whenever this changes. */
  @property() presence = '';
  private release_: () => void = () => undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.release_();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('one')) {
      this.release_();
      this.release_ = this.one.connections.state.subscribe(() => this.requestUpdate());
    }
    if (changed.has('one') || changed.has('presence')) void this.one.connections.load();
  }

  override render(): TemplateResult {
    return html`<section class="card part table" aria-labelledby="title">
      <div class="part-head">
        <h2 id="title">Connections</h2>
        <button class="slim" @click=${() => void this.one.connections.load()}>Refresh</button>
      </div>
      ${loaded(this.one.connections, (connections) => this.table(connections), 2)}
    </section>`;
  }

  private table(connections: Connection[]): TemplateResult {
    if (connections.length === 0)
      return html`<p class="muted">Its agent has not been here yet.</p>
        <p></p>`;
    return html`<table role="table" aria-label="Connections">
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">What</th>
          <th role="columnheader" scope="col">When</th>
          <th role="columnheader" scope="col">From</th>
          <th role="columnheader" scope="col">Agent</th>
          <th role="columnheader" scope="col">Why</th>
          <th role="columnheader" scope="col">Lasted</th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${connections.map((one) => this.row(one))}
      </tbody>
    </table>`;
  }

  private row(one: Connection): TemplateResult {
    const kind = kinds[one.kind] ?? { title: one.kind, tone: '' };
    const agent = [one.agent, one.plugin].filter(Boolean).join(', plugin ');
    return html`<tr role="row">
      <td role="cell"><span class="badge ${kind.tone}">${kind.title}</span></td>
      <td role="cell" data-label="When"><rh-when .at=${one.at_ms}></rh-when></td>
      <td role="cell" data-label="From" class="mono ${one.address ? '' : 'bare'}">${one.address}</td>
      <td role="cell" data-label="Agent" class="number ${agent ? '' : 'bare'}">${agent}</td>
      <td role="cell" data-label="Why" class=${one.reason ? '' : 'bare'}>${one.reason}</td>
      <td role="cell" data-label="Lasted" class="number ${one.for_ms ? '' : 'bare'}">
        ${one.for_ms ? lengthText(one.for_ms) : ''}
      </td>
    </tr>`;
  }
}
