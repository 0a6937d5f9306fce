import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { questions, toasts } from '../app.ts';
import { asProblem } from '../net/http.ts';
import type { SignedInSession } from '../protocol_people.ts';
import type { Resource } from '../state/resource.ts';
import { agentText } from '../text/agent.ts';
import { keepFocus } from './keep_focus.ts';
import { loaded } from './loaded.ts';
import './rh_when.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

/** Where somebody is signed in, and the way to end that. */
@customElement('rh-sessions')
export class RhSessions extends LitElement {
  static override styles = [base, controls, surfaces, tables];

  @property({ attribute: false }) sessions!: Resource<SignedInSession[]>;
  /** Ends one session, or with '' all (of oneself: all but this one). */
  @property({ attribute: false }) end: (id: string) => Promise<void> = () => Promise.resolve();
  /** Whose they are; '' for one's own. */
  @property() of = '';
  private release_: () => void = () => undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.release_ = this.sessions.state.subscribe(() => this.requestUpdate());
    void this.sessions.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.release_();
  }

  override render(): TemplateResult {
    const list = this.sessions.value ?? [];
    const others = list.filter(({ current }) => !current).length;
    return html`<section class="card part table" aria-labelledby="title">
      <div class="part-head">
        <h2 id="title" tabindex="-1">${this.of ? 'Signed in' : 'Where you are signed in'}</h2>
        ${others > 0
          ? html`<button class="slim" @click=${this.endAll}>${this.of ? 'End all' : 'End all others'}</button>`
          : nothing}
      </div>
      ${loaded(this.sessions, (sessions) => this.table(sessions), 1)}
    </section>`;
  }

  private table(sessions: SignedInSession[]): TemplateResult {
    if (sessions.length === 0)
      return html`<p class="muted">Nowhere right now.</p>
        <p></p>`;
    const newest = [...sessions].sort((a, b) => b.last_used_ms - a.last_used_ms);
    return html`<table role="table" aria-label="Sessions">
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">Browser</th>
          <th role="columnheader" scope="col">Address</th>
          <th role="columnheader" scope="col">Last used</th>
          <th role="columnheader" scope="col">Since</th>
          <th role="columnheader" scope="col"><span class="unseen">End it</span></th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${repeat(
          newest,
          ({ id }) => id,
          (one) => this.row(one),
        )}
      </tbody>
    </table>`;
  }

  private row(one: SignedInSession): TemplateResult {
    const agent = agentText(one.user_agent);
    return html`<tr role="row">
      <td role="cell" class="main" title=${one.user_agent}>
        ${agent} ${one.current ? html`<span class="badge ok">This one</span>` : nothing}
      </td>
      <td role="cell" data-label="From" class="mono">${one.address}</td>
      <td role="cell" data-label="Last used"><rh-when .at=${one.last_used_ms}></rh-when></td>
      <td role="cell" data-label="Since"><rh-when .at=${one.created_at_ms}></rh-when></td>
      <td role="cell" class="do">
        ${one.current
          ? nothing
          : html`<button
              class="slim"
              aria-label="End ${agent} from ${one.address}"
              @click=${() => void this.endOne(one.id)}
            >
              End
            </button>`}
      </td>
    </tr>`;
  }

  private async endOne(id: string): Promise<void> {
    try {
      await this.end(id);
      toasts.say(id ? 'The session is ended.' : 'The sessions are ended.');
      await keepFocus(this);
    } catch (error) {
      toasts.complain(asProblem(error).detail);
    }
  }

  private async endAll(): Promise<void> {
    const yes = await questions.ask({
      title: this.of ? `End all sessions of ${this.of}?` : 'End all your other sessions?',
      text: ['Pages that are open there lose their connection, and a turn that is held there ends.'],
      yes: 'End them',
    });
    if (yes) await this.endOne('');
  }
}
