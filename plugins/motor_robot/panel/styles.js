import { sheet } from './dom.js';

// Colours come from the page's custom properties, so that the panel follows its theme; the fallbacks serve alone.

export const driveSheet = sheet(`
  :host { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.75rem; color: var(--rh-text, #12161c); font: 400 0.9375rem/1.45 var(--rh-font, system-ui, sans-serif); }
  * { box-sizing: border-box; }
  [hidden] { display: none !important; }
  p { margin: 0; }
  .drive { display: flex; flex-wrap: wrap; align-items: center; gap: 1rem 1.25rem; }
  .beside { flex: 1 1 9rem; display: grid; gap: 0.5rem; min-width: 0; }
  .row { display: flex; align-items: center; justify-content: space-between; gap: 0.75rem; min-height: 2rem; }
  .label, label { font-size: 0.875rem; font-weight: 600; }
  .hint { color: var(--rh-muted, #545e6c); font-size: 0.875rem; font-weight: 400; }
  .number, .speeds { font-variant-numeric: tabular-nums; }
  .stick {
    position: relative; flex: none; width: min(11.5rem, 100%); aspect-ratio: 1; margin-inline: auto; border-radius: 50%;
    border: 1px solid var(--rh-outline, #7d8796); background: var(--rh-sunken, #eceef2); touch-action: none; user-select: none;
    -webkit-user-select: none; cursor: grab;
  }
  .stick:active { cursor: grabbing; }
  .stick[aria-disabled='true'] { cursor: not-allowed; border-color: var(--rh-line, #dde1e8); }
  .stick .cross {
    position: absolute; inset: 9%; border-radius: 50%; pointer-events: none; opacity: 0.55;
    background:
      linear-gradient(var(--rh-outline, #7d8796), var(--rh-outline, #7d8796)) center / 1px 100% no-repeat,
      linear-gradient(var(--rh-outline, #7d8796), var(--rh-outline, #7d8796)) center / 100% 1px no-repeat;
  }
  .knob {
    position: absolute; left: 50%; top: 50%; width: 32%; aspect-ratio: 1; translate: -50% -50%; border-radius: 50%; pointer-events: none;
    background: var(--rh-accent, #0f6b63); border: 3px solid var(--rh-surface, #fff); box-shadow: 0 1px 4px rgb(0 0 0 / 35%);
  }
  .stick[aria-disabled='true'] .knob { background: var(--rh-outline, #7d8796); }
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
  input[type='text'] {
    flex: 1; width: 100%; min-width: 0; min-height: 2.75rem; padding: 0.5rem 0.75rem; border: 1px solid var(--rh-outline, #7d8796); border-radius: 10px;
    background: var(--rh-surface, #fff); color: inherit; font: 400 1rem/1.4 var(--rh-font, system-ui, sans-serif);
  }
  input[type='range'] { width: 100%; min-height: 1.75rem; margin: 0; accent-color: var(--rh-accent, #0f6b63); }
  .switch { position: relative; flex: none; width: 2.75rem; min-height: 1.625rem; padding: 0; border-radius: 1rem; background: var(--rh-sunken, #eceef2); }
  .switch::after {
    content: ''; position: absolute; top: 3px; left: 3px; width: 1.125rem; height: 1.125rem; border-radius: 50%;
    background: var(--rh-outline, #7d8796); transition: translate 0.12s;
  }
  .switch[aria-checked='true'] { border-color: var(--rh-accent, #0f6b63); background: var(--rh-accent, #0f6b63); }
  .switch[aria-checked='true']::after { translate: 1.125rem 0; background: var(--rh-on-accent, #fff); }
  .switch[aria-checked='true'][aria-disabled='true'] { background: var(--rh-accent-soft, #dcf1ee); }
  .message { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.25rem; margin: 0; }
  .shown { overflow-wrap: anywhere; }
  .notice { padding: 0.625rem 0.875rem; border-radius: 10px; background: var(--rh-sunken, #eceef2); }
  .notice.wrong { background: var(--rh-danger-soft, #fde9e8); color: var(--rh-danger-text, #a8141a); }
  .notice.good { background: var(--rh-ok-soft, #def3e4); color: var(--rh-ok-text, #12632a); }
  @media (prefers-reduced-motion: reduce) { .switch::after { transition: none; } }
`);

export const bodySheet = sheet(`
  :host { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.5rem; color: var(--rh-text, #12161c); font: 400 0.9375rem/1.45 var(--rh-font, system-ui, sans-serif); }
  p { margin: 0; }
  .stage { aspect-ratio: 8 / 5; border-radius: 10px; overflow: hidden; background: var(--rh-sunken, #eceef2); }
  .stage > * { display: block; width: 100%; height: 100%; }
  .numbers { font-variant-numeric: tabular-nums; }
  .flat .body { fill: #d94f2b; }
  .flat .bow { fill: #f4f4f0; stroke: #7d8796; }
  .flat .wheel { fill: #23262b; stroke: #7d8796; stroke-width: 1; }
  .flat .level { fill: none; stroke: var(--rh-outline, #7d8796); stroke-dasharray: 3 3; }
  .flat text { fill: var(--rh-muted, #545e6c); font: 500 9px var(--rh-font, system-ui, sans-serif); }
`);
