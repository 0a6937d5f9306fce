import { css } from 'lit';

/** A native dialog: question, password, or a small form. */
export const dialogs = css`
  dialog {
    width: min(30rem, calc(100vw - 2rem));
    max-height: calc(100dvh - 2rem);
    padding: 0;
    border: 1px solid var(--rh-line);
    border-radius: var(--rh-radius);
    background: var(--rh-surface);
    color: var(--rh-text);
    box-shadow: var(--rh-shadow);
    overflow: auto;
    overscroll-behavior: contain;
  }
  dialog.wide {
    width: min(40rem, calc(100vw - 2rem));
  }
  dialog::backdrop {
    background: rgb(10 14 20 / 55%);
  }
  dialog > form,
  dialog > .inside {
    display: grid;
    gap: 1rem;
    padding: 1.5rem;
  }
  dialog h2 {
    font-size: 1.1875rem;
    letter-spacing: -0.01em;
    overflow-wrap: anywhere;
  }
  dialog p {
    overflow-wrap: anywhere;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    justify-content: flex-end;
    gap: 0.625rem;
    margin-top: 0.25rem;
  }
  @media (max-width: 30rem) {
    dialog > form,
    dialog > .inside {
      padding: 1.25rem;
    }
    .actions > * {
      flex: 1 1 auto;
    }
  }
`;
