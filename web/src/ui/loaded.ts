import { html, nothing, type TemplateResult } from 'lit';
import type { Resource } from '../state/resource.ts';

/** What was asked of the hub: blank rows until it came, a sentence and another try when it did not. Needs `tables`. */
export function loaded<T>(resource: Resource<T>, view: (value: T) => unknown, rows = 3): TemplateResult {
  const { value, problem, busy } = resource.state.value;
  return html`${problem
    ? html`<div class="note danger failed" role="alert">
        <p>${problem.detail}</p>
        <button class="slim" ?disabled=${busy} @click=${() => void resource.load()}>Try again</button>
      </div>`
    : nothing}
  ${value !== null
    ? view(value)
    : problem
      ? nothing
      : html`<div>
          <p class="unseen" role="status">Loading</p>
          ${Array.from({ length: rows }, () => html`<div class="row-blank" aria-hidden="true"></div>`)}
        </div>`}`;
}
