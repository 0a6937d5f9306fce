import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Schema } from '../protocol.ts';
import { initialValue, inOrder, numberText, sliderRange, typedNumber, withMember } from '../schema/form.ts';
import { memberPointer, type Complaint } from '../schema/validate.ts';
import { humanName } from '../text/names.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';

/**
 * One value of a form, by its schema: number with slider, switch, choice, text, list or group. Groups and lists hold
 * further fields of this kind. Fires `change-value` with the new value.
 */
@customElement('rh-schema-field')
export class RhSchemaField extends LitElement {
  static override styles = [
    base,
    controls,
    css`
      :host {
        display: grid;
        gap: 0.875rem;
      }
      fieldset {
        display: grid;
        gap: 0.875rem;
        min-width: 0;
        margin: 0;
        padding: 0.875rem;
        border: 1px solid var(--rh-line);
        border-radius: var(--rh-radius-small);
      }
      legend {
        padding: 0 0.375rem;
        font-size: 0.875rem;
        font-weight: 600;
      }
      .pair {
        display: grid;
        grid-template-columns: minmax(0, 1fr) 8.5rem;
        align-items: center;
        gap: 0.75rem;
      }
      .row {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: 1rem;
      }
      .item {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        align-items: end;
        gap: 0.5rem;
      }
      button.small {
        min-height: 2.25rem;
        padding: 0.25rem 0.75rem;
        font-size: 0.875rem;
      }
    `,
  ];

  @property({ attribute: false }) schema: Schema = {};
  @property({ attribute: false }) value: unknown;
  @property({ attribute: false }) complaints: readonly Complaint[] = [];
  @property() pointer = '';
  @property() name = '';
  /** The member may be left out. */
  @property({ type: Boolean }) optional = false;
  /** The outermost group: no frame of its own. */
  @property({ type: Boolean }) bare = false;

  override render(): TemplateResult {
    if (this.schema.enum) return this.choice(this.schema.enum);
    switch (this.schema.type) {
      case 'object':
        return this.group();
      case 'array':
        return this.list();
      case 'number':
      case 'integer':
        return this.number();
      case 'boolean':
        return this.optional ? this.choice([true, false]) : this.toggle();
      default:
        return this.text();
    }
  }

  protected override updated(): void {
    const field = this.renderRoot.querySelector<HTMLInputElement>('input[type=number]');
    // What stands there stays while it means the value: "-" is on its way to "-5", and "-0" to "-0.5".
    if (field && !Object.is(typedNumber(field), this.value)) field.value = numberText(this.value);
  }

  private get label_(): string {
    return this.schema.title ?? humanName(this.name || 'value', this.schema['x-unit']);
  }

  private get wrong(): string {
    return this.complaints.find(({ pointer }) => pointer === this.pointer)?.message ?? '';
  }

  private label(): TemplateResult {
    const unit = this.schema['x-unit'];
    return html`<label for="input"
      >${this.label_}${unit ? html` <span class="muted">in ${unit}</span>` : nothing}${this.optional
        ? html` <span class="muted">(optional)</span>`
        : nothing}</label
    >`;
  }

  private below(): TemplateResult {
    const { description } = this.schema;
    return html`<p class="wrong" id="wrong" ?hidden=${!this.wrong} role="alert">${this.wrong}</p>
      <p class="hint" id="hint" ?hidden=${!description}>${description}</p>`;
  }

  private number(): TemplateResult {
    const { minimum, maximum } = this.schema;
    const range = sliderRange(this.schema);
    const take = (event: Event): void => this.tell(typedNumber(event.target as HTMLInputElement));
    const field = html`<input
      id="input"
      type="number"
      inputmode=${this.schema.type === 'integer' && (minimum ?? -1) >= 0 ? 'numeric' : 'decimal'}
      min=${minimum ?? nothing}
      max=${maximum ?? nothing}
      step=${this.schema.multipleOf ?? (this.schema.type === 'integer' ? 1 : 'any')}
      placeholder=${minimum !== undefined && maximum !== undefined ? `${minimum} … ${maximum}` : nothing}
      aria-invalid=${this.wrong ? 'true' : 'false'}
      aria-describedby="wrong hint"
      @input=${take}
    />`;
    if (!range) return html`<div class="field">${this.label()} ${field} ${this.below()}</div>`;
    return html`<div class="field">
      ${this.label()}
      <div class="pair">
        <input
          type="range"
          aria-label="${this.label_}, slider"
          min=${range.min}
          max=${range.max}
          step=${range.step}
          .value=${numberText(this.value) || String(Math.min(Math.max(0, range.min), range.max))}
          @input=${take}
        />
        ${field}
      </div>
      ${this.below()}
    </div>`;
  }

  private toggle(): TemplateResult {
    const on = this.value === true;
    return html`<div class="field">
      <div class="row">
        <span class="label" id="label">${this.label_}</span>
        <button
          type="button"
          id="input"
          class="switch"
          role="switch"
          aria-checked=${on ? 'true' : 'false'}
          aria-labelledby="label"
          aria-describedby="wrong hint"
          @click=${() => this.tell(!on)}
        ></button>
      </div>
      ${this.below()}
    </div>`;
  }

  private choice(options: readonly unknown[]): TemplateResult {
    const chosen = options.findIndex((option) => JSON.stringify(option) === JSON.stringify(this.value));
    const words = (option: unknown): string =>
      option === true ? 'On' : option === false ? 'Off' : typeof option === 'string' ? option : JSON.stringify(option);
    return html`<div class="field">
      ${this.label()}
      <select
        id="input"
        aria-invalid=${this.wrong ? 'true' : 'false'}
        aria-describedby="wrong hint"
        @change=${(event: Event) => this.tell(options[Number((event.target as HTMLSelectElement).value)])}
      >
        <option value="-1" ?selected=${chosen < 0} ?disabled=${!this.optional}>
          ${this.optional ? 'Leave out' : 'Choose…'}
        </option>
        ${options.map((option, i) => html`<option value=${i} ?selected=${i === chosen}>${words(option)}</option>`)}
      </select>
      ${this.below()}
    </div>`;
  }

  private text(): TemplateResult {
    return html`<div class="field">
      ${this.label()}
      <input
        id="input"
        type="text"
        .value=${typeof this.value === 'string' ? this.value : ''}
        maxlength=${this.schema.maxLength ?? nothing}
        aria-invalid=${this.wrong ? 'true' : 'false'}
        aria-describedby="wrong hint"
        @input=${(event: Event) => {
          const text = (event.target as HTMLInputElement).value;
          this.tell(text === '' && this.optional ? undefined : text);
        }}
      />
      ${this.below()}
    </div>`;
  }

  private group(): TemplateResult {
    const members = inOrder(this.schema.properties ?? {}, this.schema['x-order']);
    const value = (this.value ?? {}) as Record<string, unknown>;
    const fields = members.map(([name, part]) => {
      const optional = !(this.schema.required?.includes(name) ?? false);
      return this.member(name, name, part, value[name], optional);
    });
    if (this.bare) return html`${fields}`;
    if (this.optional && this.value === undefined) {
      return html`<div class="row">
        <span class="label">${this.label_} <span class="muted">(optional)</span></span>
        <button type="button" class="small" @click=${() => this.tell(initialValue(this.schema) ?? {})}>
          Add ${this.label_}
        </button>
      </div>`;
    }
    return html`<fieldset aria-describedby="wrong hint">
      <legend>${this.label_}</legend>
      ${this.below()} ${fields}
      ${this.optional
        ? html`<button type="button" class="small" @click=${() => this.tell(undefined)}>
            Leave out ${this.label_}
          </button>`
        : nothing}
    </fieldset>`;
  }

  private list(): TemplateResult {
    const items = Array.isArray(this.value) ? (this.value as unknown[]) : [];
    const { minItems = 0, maxItems = Infinity } = this.schema;
    const part = this.schema.items ?? {};
    return html`<fieldset aria-describedby="wrong hint">
      <legend>${this.label_}</legend>
      ${this.below()}
      ${items.map((item, i) => {
        const field = this.member(
          i,
          `${this.label_} ${i + 1}`,
          { ...part, title: `${part.title ?? this.label_} ${i + 1}` },
          item,
          false,
        );
        if (items.length <= minItems) return field;
        const remove = (): void => this.tell(items.filter((_, other) => other !== i));
        return html`<div class="item">
          ${field}
          <button type="button" class="small" aria-label="Remove ${this.label_} ${i + 1}" @click=${remove}>
            Remove
          </button>
        </div>`;
      })}
      ${items.length < maxItems
        ? html`<button type="button" class="small" @click=${() => this.tell([...items, initialValue(part)])}>
            Add to ${this.label_}
          </button>`
        : nothing}
    </fieldset>`;
  }

  private member(key: string | number, name: string, part: Schema, value: unknown, optional: boolean): TemplateResult {
    return html`<rh-schema-field
      .schema=${part}
      .value=${value}
      .complaints=${this.complaints}
      .pointer=${memberPointer(this.pointer, key)}
      .name=${name}
      .optional=${optional}
      @change-value=${(event: CustomEvent<unknown>) => {
        event.stopPropagation();
        this.tell(withMember(this.value, key, event.detail));
      }}
    ></rh-schema-field>`;
  }

  private tell(value: unknown): void {
    this.dispatchEvent(new CustomEvent('change-value', { detail: value, bubbles: true }));
  }
}
