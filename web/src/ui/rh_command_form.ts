import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { announcements, commands, drivingTab, turns } from '../app.ts';
import { asProblem } from '../net/http.ts';
import { isFinal, type Command, type CommandInfo, type CommandState } from '../protocol.ts';
import { fieldFor, initialValue, inOrder } from '../schema/form.ts';
import { validate, type Complaint } from '../schema/validate.ts';
import { humanName } from '../text/names.ts';
import { Follow } from './follow.ts';
import { ignoreRepeat } from './keep_place.ts';
import { valueText } from './rh_telemetry.ts';
import './rh_schema_field.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';

const progress: Record<CommandState, string> = {
  accepted: 'Accepted by the hub…',
  sent: 'Sent to the device…',
  acknowledged: 'The device is at it…',
  succeeded: 'Done',
  failed: 'Failed',
  expired: 'Too late: the device did not start in time',
  cancelled: 'Cancelled',
  refused: 'Refused: nothing has moved',
  unknown: 'Unknown: it may have happened',
};

/** A form made from one command's schema: checks before it sends, and shows what became of it. */
@customElement('rh-command-form')
export class RhCommandForm extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    css`
      form {
        display: grid;
        gap: 0.875rem;
      }
      .send {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5rem 1rem;
      }
      output {
        display: grid;
        gap: 0.125rem;
        flex: 1 1 10rem;
        font-size: 0.9375rem;
        overflow-wrap: anywhere;
      }
      .good {
        color: var(--rh-ok-text);
      }
    `,
  ];

  @property() device = '';
  @property({ attribute: false }) info!: CommandInfo;
  @state() private value_: unknown;
  @state() private complaints_: readonly Complaint[] = [];
  @state() private command_: Command | null = null;
  @state() private refusal_ = '';
  /** From the press to the end: the hub's first word may be a second away, or the last one too. */
  @state() private sending_ = false;
  private tried_ = false;

  constructor() {
    super();
    new Follow(this, turns.state, drivingTab.driving);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('info');
    // The same command of a newly fetched type keeps what the person has typed.
    if (changed.has('info') && JSON.stringify(before?.params) !== JSON.stringify(this.info.params)) {
      this.value_ = initialValue(this.info.params);
      this.complaints_ = [];
    }
  }

  override render(): TemplateResult {
    const title = this.info.title || humanName(this.info.name);
    const mayNow = this.info.turn === 'none' || turns.drivesHere(this.device);
    const off = mayNow && !this.sending_ ? 'false' : 'true';
    return html`<form novalidate aria-label=${title} @submit=${this.submit}>
      ${this.info.description ? html`<p class="hint">${this.info.description}</p>` : nothing}
      <rh-schema-field
        bare
        .schema=${this.info.params}
        .value=${this.value_}
        .complaints=${this.complaints_}
        @change-value=${this.changed}
      ></rh-schema-field>
      <div class="send">
        <button class="primary" aria-disabled=${off} @keydown=${ignoreRepeat}>${title}</button>
        <output aria-live="polite">${this.outcome(mayNow)}</output>
      </div>
    </form>`;
  }

  private outcome(mayNow: boolean): TemplateResult {
    if (this.refusal_) return html`<span class="wrong">${this.refusal_}</span>`;
    const command = this.command_;
    if (!command && this.sending_) return html`<span>Sending…</span>`;
    if (!command) return mayNow ? html`` : html`<span class="hint">Only on your turn.</span>`;
    if (!isFinal(command.state)) return html`<span>${progress[command.state]}</span>`;
    if (command.state !== 'succeeded') {
      return html`<span class="wrong">${progress[command.state]}. ${command.error?.message ?? ''}</span>`;
    }
    const took = command.times?.succeeded;
    const values = inOrder(command.value ?? {}, this.info.result?.['x-order']);
    return html`<span class="good">Done${took === undefined ? '' : ` in ${took.toFixed(took < 10 ? 1 : 0)} ms`}</span>
      ${values.map(([name, value]) => {
        const schema = this.info.result?.properties?.[name];
        return html`<span class="number"
          >${schema?.title ?? humanName(name, schema?.['x-unit'])}: ${valueText(value, schema)}</span
        >`;
      })}`;
  }

  private changed(event: CustomEvent<unknown>): void {
    this.value_ = event.detail;
    this.refusal_ = '';
    // Before the first try nobody is scolded for fields not yet filled.
    if (this.tried_) this.complaints_ = validate(this.info.params, this.value_);
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    if (this.sending_) return;
    if (this.info.turn !== 'none' && !turns.drivesHere(this.device)) {
      this.refusal_ = 'It is not your turn. Join the line first.';
      return;
    }
    this.tried_ = true;
    this.refusal_ = '';
    this.complaints_ = validate(this.info.params, this.value_ ?? {});
    if (this.complaints_.length > 0) {
      announcements.interrupt(
        this.complaints_.length === 1 ? 'One field needs attention.' : 'Some fields need attention.',
      );
      return;
    }
    const params = (this.value_ ?? {}) as Record<string, unknown>;
    const needs_turn = this.info.turn !== 'none';
    this.command_ = null;
    this.sending_ = true;
    try {
      const onState = (command: Command): void => {
        this.command_ = command;
      };
      this.command_ = await commands.send(this.device, this.info.name, params, { needs_turn, onState });
      this.blame(this.command_.error?.pointer, this.command_.error?.message);
    } catch (error) {
      const problem = asProblem(error);
      this.command_ = null;
      // Said here in any case: the field that it is about may be folded away, or none.
      this.refusal_ = problem.detail;
      this.blame(problem.pointer, problem.detail);
    } finally {
      this.sending_ = false;
    }
  }

  /** Puts the hub's or the device's complaint beside the field that it points at. */
  private blame(pointer: string | undefined, message: string | undefined): void {
    const field = pointer && message ? fieldFor(this.info.params, pointer) : null;
    if (field !== null && message) this.complaints_ = [{ pointer: field, message }];
  }
}
