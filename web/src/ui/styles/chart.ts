import { css } from 'lit';

/** A chart and its legend. Series differ by colour and by dash, so that colour alone says nothing. */
export const chart = css`
  :host {
    display: grid;
    gap: 0.25rem;
    min-width: 0;
    --s0: light-dark(#0f6b63, #45d4c2);
    --s1: light-dark(#b3450b, #ffb27a);
    --s2: light-dark(#4b3fbd, #b0a7ff);
    --s3: light-dark(#a3195b, #ff8fc0);
    --s4: light-dark(#3d6b00, #a8d84e);
    --s5: light-dark(#0b5cad, #7cbcff);
  }
  header {
    display: grid;
    gap: 0.125rem;
  }
  .at {
    position: absolute;
    top: 0;
    right: 0;
    z-index: 1;
    padding: 0 0.375rem;
    border-radius: 4px;
    background: var(--rh-surface);
    font-size: 0.8125rem;
    pointer-events: none;
  }
  ul {
    display: flex;
    flex-wrap: wrap;
    gap: 0.125rem 1.25rem;
    margin: 0;
    padding: 0;
    list-style: none;
    font-size: 0.9375rem;
  }
  li {
    display: inline-flex;
    align-items: center;
    gap: 0.5rem;
  }
  .swatch {
    width: 1.25rem;
    height: 0;
    flex: none;
    border-top: 3px solid currentcolor;
  }
  .swatch.d1 {
    border-top-style: dashed;
  }
  .swatch.d2 {
    border-top-style: dotted;
  }
  b {
    min-width: 4.5rem;
    font-weight: 650;
  }
  .plot {
    position: relative;
    height: var(--height, 11rem);
    border-radius: 6px;
    color: var(--rh-muted);
    touch-action: pan-y;
    cursor: crosshair;
  }
  .plot .uplot,
  .plot .u-wrap {
    font-family: var(--rh-font);
  }
  .grid {
    color: var(--rh-line);
  }
  .u-select {
    background: color-mix(in srgb, var(--rh-accent) 18%, transparent);
  }
  .u-cursor-x {
    border-color: var(--rh-outline);
  }
  .nothing {
    position: absolute;
    inset: 0 0 1.5rem 3rem;
    display: grid;
    place-items: center;
    color: var(--rh-muted);
    font-size: 0.9375rem;
    text-align: center;
    pointer-events: none;
  }
`;
