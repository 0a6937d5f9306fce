import { css } from 'lit';

/** Cards, badges and notes. */
export const surfaces = css`
  .card {
    background: var(--rh-surface);
    border: 1px solid var(--rh-line);
    border-radius: var(--rh-radius);
    box-shadow: var(--rh-shadow);
  }
  .badge {
    display: inline-flex;
    align-items: center;
    gap: 0.375rem;
    padding: 0.125rem 0.625rem;
    border-radius: 1rem;
    background: var(--rh-sunken);
    color: var(--rh-muted);
    font-size: 0.8125rem;
    font-weight: 600;
    line-height: 1.5;
    white-space: nowrap;
  }
  .badge::before {
    content: '';
    width: 0.5rem;
    height: 0.5rem;
    border-radius: 50%;
    background: currentcolor;
  }
  .badge.plain::before {
    content: none;
  }
  .badge.ok {
    background: var(--rh-ok-soft);
    color: var(--rh-ok-text);
  }
  .badge.warn {
    background: var(--rh-warn-soft);
    color: var(--rh-warn-text);
  }
  .badge.danger {
    background: var(--rh-danger-soft);
    color: var(--rh-danger-text);
  }
  .badge.accent {
    background: var(--rh-accent-soft);
    color: var(--rh-accent-text);
  }
  .note {
    padding: 0.75rem 1rem;
    border-radius: var(--rh-radius-small);
    background: var(--rh-sunken);
    font-size: 0.9375rem;
  }
  .note.warn {
    background: var(--rh-warn-soft);
    color: var(--rh-warn-text);
  }
  .note.danger {
    background: var(--rh-danger-soft);
    color: var(--rh-danger-text);
  }
  .note.ok {
    background: var(--rh-ok-soft);
    color: var(--rh-ok-text);
  }
`;
