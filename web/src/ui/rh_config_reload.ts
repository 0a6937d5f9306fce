import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { announcements, questions } from '../app.ts';
import { asProblem, type Problem } from '../net/http.ts';
import type { Reload } from '../protocol_upkeep.ts';
import type { ConfigStore } from '../state/config.ts';
import { configFaults } from './config_faults.ts';
import './rh_when.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

/** Reads the file again, and says what came of it: now, and of the last time. */
@customElement('rh-config-reload')
export class RhConfigReload extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    tables,
    configFaults.styles,
    css`
      .part {
        margin: 0;
      }
      rh-when {
        display: inline;
      }
      ul.paths {
        display: flex;
        flex-wrap: wrap;
        gap: 0.375rem;
        margin: 0.375rem 0 0;
        padding: 0;
        list-style: none;
      }
    `,
  ];

  @property({ attribute: false }) config!: ConfigStore;
  @state() private busy_ = false;
  @state() private problem_: Problem | null = null;
  @state() private outcome_: Reload | null = null;

  override render(): TemplateResult {
    const running = this.config.running.value;
    const outcome = this.outcome_ ?? running?.last_reload ?? null;
    return html`<section class="card part" aria-labelledby="title">
      <div class="part-head">
        <h2 id="title">Reload</h2>
        <button aria-disabled=${this.busy_ || !running?.file ? 'true' : 'false'} @click=${this.reload}>
          ${this.busy_ ? 'Reloading…' : 'Reload the file'}
        </button>
      </div>
      <p class="muted small">
        ${running?.file
          ? 'The whole file is read and checked first. With a single fault in it nothing changes. Turns and connections go on.'
          : 'Without a configuration file there is nothing to read again.'}
      </p>
      <div role="status" aria-live="polite">
        ${this.problem_ ? html`<p class="note danger">${this.problem_.detail}</p>` : nothing}
        ${outcome && !this.problem_ ? this.outcome(outcome) : nothing}
      </div>
    </section>`;
  }

  private outcome(reload: Reload): TemplateResult {
    const { ok, errors, changed, needs_restart, by, at_ms } = reload;
    const when = html`<span class="small"
      >${this.outcome_ ? 'Reloaded' : 'Last reload'} <rh-when .at=${at_ms}></rh-when>${by ? ` by ${by}` : ''}.</span
    >`;
    if (!ok) {
      return html`<div class="note danger">
        <strong
          >Nothing was changed: the file has ${errors.length === 1 ? 'a fault' : `${errors.length} faults`}.</strong
        >
        ${configFaults.list(errors)} ${when}
      </div>`;
    }
    return html`<div class="note ${needs_restart.length > 0 ? 'warn' : 'ok'}">
      <strong>${changed.length === 0 ? 'Nothing in the file has changed.' : `In force: ${counted(changed)}.`}</strong>
      ${changed.length > 0 ? paths(changed) : nothing}
      ${needs_restart.length > 0
        ? html`<p><strong>Needs a restart of the hub:</strong></p>
            ${paths(needs_restart)}`
        : nothing}
      ${when}
    </div>`;
  }

  private async reload(): Promise<void> {
    if (this.busy_ || !this.config.running.value?.file) return;
    const yes = await questions.ask({
      title: 'Reload the configuration?',
      text: ['What the file says now comes into force at once, for everybody. A file with faults changes nothing.'],
      yes: 'Reload',
    });
    if (!yes) return;
    this.busy_ = true;
    this.problem_ = null;
    this.outcome_ = null;
    try {
      this.outcome_ = await this.config.reload();
    } catch (error) {
      this.problem_ = asProblem(error);
      announcements.say(this.problem_.detail);
    }
    this.busy_ = false;
  }
}

function counted(list: string[]): string {
  return list.length === 1 ? '1 setting' : `${list.length} settings`;
}

function paths(list: string[]): TemplateResult {
  return html`<ul class="paths">
    ${list.map((path) => html`<li><code>${path}</code></li>`)}
  </ul>`;
}
