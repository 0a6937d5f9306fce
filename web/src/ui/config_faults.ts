import { css, html, nothing, type TemplateResult } from 'lit';
import type { ConfigFault } from '../protocol_upkeep.ts';

const styles = css`
  ul.faults {
    display: grid;
    gap: 0.375rem;
    margin: 0.5rem 0;
    padding-left: 1.125rem;
  }
  ul.faults code {
    font-weight: 600;
  }
  ul.faults button {
    min-height: 2rem;
    padding: 0 0.5rem;
    font-size: 0.8125rem;
  }
`;

/** Faults of a configuration; with `go` each place is a button that leads there. */
function list(faults: readonly ConfigFault[], go?: (fault: ConfigFault) => void): TemplateResult {
  return html`<ul class="faults">
    ${faults.map(
      (fault) =>
        html`<li>
          ${fault.where
            ? go
              ? html`<button type="button" @click=${() => go(fault)}>${fault.where}</button>`
              : html`<span>${fault.where}</span>`
            : nothing}
          ${fault.path ? html`<code>${fault.path}</code>` : nothing} ${fault.message}
        </li>`,
    )}
  </ul>`;
}

export const configFaults = { styles, list };
