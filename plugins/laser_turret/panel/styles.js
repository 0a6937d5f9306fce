import { sheet } from './dom.js';

// Colours come from the page's custom properties, so that the panel follows its theme; the fallbacks serve alone.

export const overlaySheet = sheet(`
  :host { position: absolute; inset: 0; display: block; }
  .surface { position: absolute; inset: 0; cursor: default; touch-action: pan-y; outline: none; }
  :host([mine]) .surface { cursor: crosshair; touch-action: none; }
  .surface:focus-visible { box-shadow: inset 0 0 0 3px #8fb6ff, inset 0 0 0 5px rgb(0 0 0 / 60%); }
  svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; pointer-events: none; }
  svg * { fill: none; stroke: #fff; stroke-width: 2; vector-effect: non-scaling-stroke; }
  svg g { filter: drop-shadow(0 0 1.5px rgb(0 0 0 / 90%)); }
  .reported * { stroke: #5eead4; stroke-width: 2; }
  .aimed.refused * { stroke: #ffb4ab; stroke-dasharray: 4 3; }
  .cursor * { stroke: #ffe08a; }
  svg .area { stroke: #ffe08a; stroke-width: 1.5; stroke-dasharray: 6 5; fill: rgb(255 224 138 / 10%); }
  .handle {
    position: absolute; width: 2.75rem; height: 2.75rem; margin: 0; padding: 0; translate: -50% -50%;
    display: grid; place-items: center; border: 0; border-radius: 50%; background: transparent;
    color: #fff; font: 700 0.875rem/1 system-ui, sans-serif; cursor: grab; touch-action: none; isolation: isolate;
  }
  .handle[hidden] { display: none; }
  .handle::before {
    content: ''; position: absolute; inset: 0.5rem; z-index: -1; border-radius: 50%;
    border: 2px solid #ffe08a; background: rgb(8 9 11 / 55%);
  }
  .handle.chosen::before { inset: 0.3125rem; border-width: 3px; border-color: #fff; }
  .handle.taken::before { border-color: #77dd92; background: rgb(10 60 30 / 75%); }
  .handle:focus-visible { outline: 3px solid #8fb6ff; outline-offset: -2px; }
  .handle:active { cursor: grabbing; }
  .notice {
    position: absolute; left: 50%; bottom: 0.875rem; translate: -50% 0; width: max-content; max-width: calc(100% - 2rem);
    box-sizing: border-box; margin: 0; padding: 0.4375rem 0.9375rem; border-radius: 1.25rem;
    background: rgb(8 9 11 / 82%); color: #fff; font: 600 0.9375rem/1.35 var(--rh-font, system-ui, sans-serif);
    text-align: center; pointer-events: none;
  }
  .notice.wrong { background: #7a1216; }
  .notice[hidden] { display: none; }
  .unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`);

export const controlsSheet = sheet(`
  :host { display: grid; gap: 0.75rem; color: var(--rh-text, #12161c); font: 400 0.9375rem/1.45 var(--rh-font, system-ui, sans-serif); }
  * { box-sizing: border-box; }
  [hidden] { display: none !important; }
  h3 { margin: 0; font-size: 0.9375rem; font-weight: 650; outline-offset: 3px; }
  p { margin: 0; }
  .group { display: grid; gap: 0.75rem; min-width: 0; align-content: start; }
  .row { display: flex; align-items: center; justify-content: space-between; gap: 0.75rem; }
  .row > button:not(.switch) { flex: 1; }
  .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 0.75rem; }
  .field { display: grid; gap: 0.25rem; }
  .label, label { font-size: 0.875rem; font-weight: 600; }
  .hint { color: var(--rh-muted, #545e6c); font-size: 0.875rem; font-weight: 400; }
  .number { font-variant-numeric: tabular-nums; }
  button {
    min-height: 2.75rem; padding: 0.5rem 1rem; border: 1px solid var(--rh-outline, #7d8796); border-radius: 10px;
    background: var(--rh-surface, #fff); color: inherit; font: 600 0.9375rem/1.2 var(--rh-font, system-ui, sans-serif);
    cursor: pointer; touch-action: manipulation;
  }
  button:hover { background: var(--rh-sunken, #eceef2); }
  button.primary { border-color: transparent; background: var(--rh-accent, #0f6b63); color: var(--rh-on-accent, #fff); }
  button.primary:hover { background: var(--rh-accent-hover, #0b544e); }
  button[aria-pressed='true'] { border-color: var(--rh-accent, #0f6b63); background: var(--rh-accent-soft, #dcf1ee); color: var(--rh-accent-text, #0b544e); }
  button[aria-disabled='true'], button[aria-disabled='true']:hover {
    border-color: var(--rh-line, #dde1e8); background: var(--rh-sunken, #eceef2); color: var(--rh-muted, #545e6c); cursor: not-allowed;
  }
  :focus-visible { outline: 3px solid var(--rh-focus, #1552d6); outline-offset: 2px; }
  input {
    width: 100%; min-height: 2.75rem; padding: 0.5rem 0.75rem; border: 1px solid var(--rh-outline, #7d8796); border-radius: 10px;
    background: var(--rh-surface, #fff); color: inherit; font: 400 1rem/1.4 var(--rh-font, system-ui, sans-serif);
  }
  input[aria-invalid='true'] { border: 2px solid var(--rh-danger-text, #a8141a); }
  .switch { position: relative; flex: none; width: 2.75rem; min-height: 1.625rem; padding: 0; border-radius: 1rem; background: var(--rh-sunken, #eceef2); }
  .switch::after {
    content: ''; position: absolute; top: 3px; left: 3px; width: 1.125rem; height: 1.125rem; border-radius: 50%;
    background: var(--rh-outline, #7d8796); transition: translate 0.12s;
  }
  .switch[aria-checked='true'] { border-color: var(--rh-accent, #0f6b63); background: var(--rh-accent, #0f6b63); }
  .switch[aria-checked='true']::after { translate: 1.125rem 0; background: var(--rh-on-accent, #fff); }
  .switch[aria-checked='true'][aria-disabled='true'] { background: var(--rh-accent-soft, #dcf1ee); }
  .pad { display: grid; grid-template-columns: auto 1fr; align-items: center; gap: 1.25rem; }
  .cross { display: grid; grid-template-columns: repeat(3, 2.75rem); grid-template-rows: repeat(3, 2.75rem); gap: 0.1875rem; }
  .nudge { padding: 0; font-size: 1.125rem; }
  .up { grid-area: 1 / 2; } .left { grid-area: 2 / 1; } .right { grid-area: 2 / 3; } .down { grid-area: 3 / 2; }
  .steps, .points { display: flex; gap: 0.375rem; }
  .steps button, .points button { flex: 1; padding: 0.25rem; }
  .point.taken::after { content: ' ✓'; color: var(--rh-ok-text, #12632a); }
  .wrong { color: var(--rh-danger-text, #a8141a); font-weight: 500; }
  .wrong:empty { display: none; }
  .notice { padding: 0.625rem 0.875rem; border-radius: 10px; background: var(--rh-sunken, #eceef2); }
  .notice.wrong { background: var(--rh-danger-soft, #fde9e8); color: var(--rh-danger-text, #a8141a); }
  .notice.good { background: var(--rh-ok-soft, #def3e4); color: var(--rh-ok-text, #12632a); }
  @media (prefers-reduced-motion: reduce) { .switch::after { transition: none; } }
`);
