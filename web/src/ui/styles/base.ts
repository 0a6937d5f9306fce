import { css } from 'lit';

/** What every element starts from. */
export const base = css`
  :host {
    display: block;
    box-sizing: border-box;
  }
  :host([hidden]) {
    display: none;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h1,
  h2,
  h3,
  p {
    margin: 0;
  }
  h1 {
    font-size: 1.5rem;
    line-height: 1.25;
    font-weight: 650;
    letter-spacing: -0.015em;
  }
  h2 {
    font-size: 1rem;
    line-height: 1.4;
    font-weight: 650;
  }
  h3 {
    font-size: 0.9375rem;
    line-height: 1.4;
    font-weight: 600;
  }
  a {
    color: var(--rh-accent-text);
    text-underline-offset: 0.2em;
  }
  :focus-visible {
    outline: 3px solid var(--rh-focus);
    outline-offset: 2px;
    border-radius: 6px;
  }
  .muted {
    color: var(--rh-muted);
  }
  .small {
    font-size: 0.875rem;
  }
  .number {
    font-variant-numeric: tabular-nums;
  }
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation-duration: 0.01ms !important;
      animation-iteration-count: 1 !important;
      transition-duration: 0.01ms !important;
      scroll-behavior: auto !important;
    }
  }
`;
