import { sheet } from './dom.js';

// Colours come from the page's custom properties, so that the panel follows its theme; the fallbacks serve alone.
export const controlsSheet = sheet(`
  :host { display: grid; gap: 0.75rem; color: var(--rh-text, #12161c); font: 400 0.9375rem/1.45 var(--rh-font, system-ui, sans-serif); }
  * { box-sizing: border-box; }
  [hidden] { display: none !important; }
  h3 { margin: 0.25rem 0 0; font-size: 0.9375rem; font-weight: 650; }
  p { margin: 0; }
  a { color: var(--rh-accent-text, #0b544e); justify-self: start; }
  ol { display: grid; gap: 0.375rem; max-height: 12rem; margin: 0; padding: 0; overflow-y: auto; list-style: none; }
  time { color: var(--rh-muted, #545e6c); font-variant-numeric: tabular-nums; }
  .row { display: flex; align-items: center; justify-content: space-between; gap: 0.75rem; }
  .row > button:not(.switch) { flex: 1; }
  .label { font-size: 0.875rem; font-weight: 600; }
  .hint { color: var(--rh-muted, #545e6c); font-size: 0.875rem; }
  .recording { color: var(--rh-danger-text, #a8141a); font-weight: 600; }
  button {
    min-height: 2.75rem; padding: 0.5rem 1rem; border: 1px solid var(--rh-outline, #7d8796); border-radius: 10px;
    background: var(--rh-surface, #fff); color: inherit; font: 600 0.9375rem/1.2 var(--rh-font, system-ui, sans-serif);
    cursor: pointer; touch-action: manipulation;
  }
  button:hover { background: var(--rh-sunken, #eceef2); }
  button[aria-disabled='true'], button[aria-disabled='true']:hover {
    border-color: var(--rh-line, #dde1e8); background: var(--rh-sunken, #eceef2); color: var(--rh-muted, #545e6c); cursor: not-allowed;
  }
  :focus-visible { outline: 3px solid var(--rh-focus, #1552d6); outline-offset: 2px; }
  .switch { position: relative; flex: none; width: 2.75rem; min-height: 1.625rem; padding: 0; border-radius: 1rem; background: var(--rh-sunken, #eceef2); }
  .switch::after {
    content: ''; position: absolute; top: 3px; left: 3px; width: 1.125rem; height: 1.125rem; border-radius: 50%;
    background: var(--rh-outline, #7d8796); transition: translate 0.12s;
  }
  .switch[aria-checked='true'] { border-color: var(--rh-accent, #0f6b63); background: var(--rh-accent, #0f6b63); }
  .switch[aria-checked='true']::after { translate: 1.125rem 0; background: var(--rh-on-accent, #fff); }
  .switch[aria-checked='true'][aria-disabled='true'] { background: var(--rh-accent-soft, #dcf1ee); }
  .notice { padding: 0.625rem 0.875rem; border-radius: 10px; background: var(--rh-sunken, #eceef2); }
  .notice.wrong { background: var(--rh-danger-soft, #fde9e8); color: var(--rh-danger-text, #a8141a); }
  .notice.good { background: var(--rh-ok-soft, #def3e4); color: var(--rh-ok-text, #12632a); }
  @media (prefers-reduced-motion: reduce) { .switch::after { transition: none; } }
`);
