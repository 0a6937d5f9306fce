import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { announcements, devices, hubTime } from '../app.ts';
import type { Enrolment } from '../protocol_people.ts';
import { devicePath } from '../router.ts';
import { Follow, Tick } from './follow.ts';
import { saveFile } from './save_file.ts';
import './rh_copy.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';

/** What the machine at the device needs to claim it, and whether its agent has come. */
@customElement('rh-claim')
export class RhClaim extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    css`
      ol {
        display: grid;
        gap: 1rem;
        margin: 0;
        padding: 0;
        list-style: none;
        counter-reset: step;
      }
      li {
        position: relative;
        display: grid;
        gap: 0.5rem;
        padding-left: 2.25rem;
        counter-increment: step;
      }
      li::before {
        content: counter(step);
        position: absolute;
        left: 0;
        top: 0;
        display: grid;
        place-items: center;
        width: 1.5rem;
        height: 1.5rem;
        border-radius: 50%;
        background: var(--rh-accent-soft);
        color: var(--rh-accent-text);
        font-size: 0.8125rem;
        font-weight: 700;
      }
      li > div {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
      }
      summary {
        padding: 0.25rem 0;
        font-size: 0.875rem;
        font-weight: 600;
        cursor: pointer;
      }
      :host {
        display: grid;
        gap: 0.75rem;
      }
      .note {
        min-height: 3rem;
      }
      code {
        font: 0.9em/1.5 var(--rh-mono);
      }
    `,
  ];

  @property({ attribute: false }) enrolment!: Enrolment;
  private told_ = false;

  constructor() {
    super();
    new Follow(this, devices.state);
    new Tick(this, () => !this.online());
  }

  private online(): boolean {
    return devices.get(this.enrolment.id)?.device.presence === 'online';
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('enrolment')) this.told_ = false;
    if (this.told_ || !this.online()) return;
    this.told_ = true;
    announcements.say('The device is online.');
  }

  override render(): TemplateResult {
    const { claim_code, agent_yaml } = this.enrolment;
    return html`<ol>
        <li>
          <p>Put this file on the machine that the device is at. It has the one-time claim code in it.</p>
          <div>
            <button class="primary" @click=${() => saveFile('agent.yaml', agent_yaml)}>Download agent.yaml</button>
          </div>
          <details>
            <summary>Or copy it</summary>
            <rh-copy .text=${agent_yaml} what="agent.yaml"></rh-copy>
          </details>
        </li>
        <li>
          <p>Fill in what the file asks for, such as the driver's pins, and start the agent beside it:</p>
          <rh-copy text="robohub-agent --config agent.yaml" what="the command"></rh-copy>
        </li>
      </ol>
      <p class="small muted">For a machine that has an agent.yaml already, this is the code alone:</p>
      <rh-copy .text=${claim_code} what="the claim code"></rh-copy>
      ${this.outcome()}`;
  }

  private outcome(): TemplateResult {
    const { id, expires_at_ms } = this.enrolment;
    if (this.online()) {
      return html`<p class="note ok">
        <strong>Online.</strong> The agent has come. <a href=${devicePath(id)}>Watch it live</a>
      </p>`;
    }
    const left_ms = expires_at_ms - hubTime.now();
    if (left_ms <= 0)
      return html`<p class="note warn">The claim code has expired. Make a new one on the device's page.</p>`;
    return html`<p class="note number">
      Waiting for the agent… The code is shown only now and holds for ${left(left_ms)}.
    </p>`;
  }
}

/** Exact where it matters: "24 h", then "59 min", at last "42 s"; rounded up. */
function left(left_ms: number): string {
  const minutes = Math.ceil(left_ms / 60000);
  if (minutes > 100) return `${Math.ceil(minutes / 60)} h`;
  return minutes > 1 ? `${minutes} min` : `${Math.ceil(left_ms / 1000)} s`;
}
