import { css } from 'lit';

/** Buttons, inputs, switches and the words beside them. */
export const controls = css`
  button,
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.5rem;
    min-height: 2.75rem;
    padding: 0.5rem 1.125rem;
    border: 1px solid var(--rh-outline);
    border-radius: var(--rh-radius-small);
    background: var(--rh-surface);
    color: var(--rh-text);
    font: 600 0.9375rem/1.2 var(--rh-font);
    text-decoration: none;
    cursor: pointer;
    touch-action: manipulation;
    transition:
      background-color 0.12s,
      border-color 0.12s;
  }
  button:hover,
  .button:hover {
    background: var(--rh-sunken);
  }
  button.primary,
  .button.primary {
    border-color: transparent;
    background: var(--rh-accent);
    color: var(--rh-on-accent);
  }
  button.primary:hover,
  .button.primary:hover {
    background: var(--rh-accent-hover);
  }
  button.quiet {
    border-color: transparent;
    background: transparent;
  }
  button.quiet:hover {
    background: var(--rh-sunken);
  }
  button.danger {
    border-color: transparent;
    background: var(--rh-stop);
    color: var(--rh-on-stop);
  }
  button.danger:hover {
    background: var(--rh-stop-hover);
  }
  button.quiet.danger {
    background: transparent;
    color: var(--rh-danger-text);
  }
  button.quiet.danger:hover {
    background: var(--rh-danger-soft);
  }
  button.slim,
  .button.slim {
    min-height: 2.25rem;
    padding: 0.25rem 0.75rem;
    font-size: 0.875rem;
  }
  @media (pointer: coarse) {
    button.slim,
    .button.slim {
      min-height: 2.75rem;
    }
  }
  button:disabled,
  button[aria-disabled='true'] {
    border-color: var(--rh-line);
    background: var(--rh-sunken);
    color: var(--rh-muted);
    cursor: not-allowed;
  }
  input:not([type='range'], [type='checkbox'], [type='radio']),
  select,
  textarea {
    width: 100%;
    min-height: 2.75rem;
    padding: 0.5rem 0.75rem;
    border: 1px solid var(--rh-outline);
    border-radius: var(--rh-radius-small);
    background: var(--rh-surface);
    color: var(--rh-text);
    /* Below 16px phones zoom the page when the field gets the focus. */
    font: 400 1rem/1.4 var(--rh-font);
  }
  input[aria-invalid='true'],
  select[aria-invalid='true'],
  textarea[aria-invalid='true'] {
    border-color: var(--rh-danger-text);
    border-width: 2px;
  }
  input::placeholder {
    color: var(--rh-muted);
    opacity: 1;
  }
  input[type='range'] {
    width: 100%;
    height: 2rem;
    margin: 0;
    accent-color: var(--rh-accent);
  }
  label,
  .label {
    display: block;
    font-size: 0.875rem;
    font-weight: 600;
    line-height: 1.4;
  }
  .field {
    display: grid;
    gap: 0.25rem;
  }
  .hint {
    color: var(--rh-muted);
    font-size: 0.8125rem;
    line-height: 1.4;
  }
  .wrong {
    color: var(--rh-danger-text);
    font-size: 0.875rem;
    font-weight: 500;
    line-height: 1.4;
  }
  .switch {
    position: relative;
    width: 2.75rem;
    min-height: 1.625rem;
    padding: 0;
    border-radius: 1rem;
    border: 1px solid var(--rh-outline);
    background: var(--rh-sunken);
    flex: none;
  }
  .switch::after {
    content: '';
    position: absolute;
    top: 3px;
    left: 3px;
    width: 1.125rem;
    height: 1.125rem;
    border-radius: 50%;
    background: var(--rh-outline);
    transition: translate 0.12s;
  }
  .switch[aria-checked='true'] {
    background: var(--rh-accent);
    border-color: var(--rh-accent);
  }
  .switch[aria-checked='true']::after {
    translate: 1.125rem 0;
    background: var(--rh-on-accent);
  }
`;
