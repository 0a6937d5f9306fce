import { css } from 'lit';

/** The device page: the picture is the hero, everything else gathers beside or below it. */
export const devicePage = css`
  .title {
    display: flex;
    align-items: center;
    gap: 0.75rem;
    min-height: 2.75rem;
    margin-bottom: 0.75rem;
  }
  .title h1 {
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .back {
    display: grid;
    flex: none;
    place-items: center;
    width: 2.75rem;
    height: 2.75rem;
    margin-left: -0.75rem;
    border-radius: var(--rh-radius-small);
    color: var(--rh-muted);
  }
  .back:hover {
    background: var(--rh-sunken);
  }
  .columns {
    display: grid;
    grid-template:
      'stage side' auto
      'below side' 1fr / minmax(0, 1fr) 23.5rem;
    align-items: start;
    gap: 1.25rem;
  }
  .stage {
    grid-area: stage;
    display: grid;
    gap: 0.75rem;
    min-width: 0;
  }
  .cameras {
    justify-self: start;
    width: auto;
    min-height: 2.25rem;
    padding: 0.25rem 0.5rem;
    font-size: 0.875rem;
  }
  rh-video {
    --max-height: max(16rem, calc(100dvh - 17.5rem));
  }
  .stage.moderated rh-video {
    --max-height: max(16rem, calc(100dvh - 20.5rem));
  }
  .stage.blind rh-video {
    --max-height: 14rem;
  }
  .lack {
    display: grid;
    gap: 0.5rem;
  }
  .lack a {
    color: inherit;
  }
  .side {
    grid-area: side;
    display: grid;
    gap: 1rem;
    min-width: 0;
  }
  .below {
    grid-area: below;
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr));
    align-items: start;
    gap: 1rem;
  }
  .wide {
    grid-column: 1 / -1;
  }
  .part {
    display: grid;
    gap: 0.75rem;
    min-width: 0;
    padding: 1rem 1.125rem 1.125rem;
  }
  details.command + details.command,
  details.folded:not(:first-of-type) {
    border-top: 1px solid var(--rh-line);
  }
  summary {
    padding: 0.625rem 0.25rem;
    font-size: 0.9375rem;
    font-weight: 600;
    cursor: pointer;
  }
  details.folded > summary {
    color: var(--rh-muted);
  }
  details.command[open] {
    padding-bottom: 1rem;
  }
  details.folded[open] > details {
    margin-left: 0.5rem;
  }
  .blank {
    background: var(--rh-sunken);
    border-radius: var(--rh-radius);
    min-height: 12rem;
  }
  .blank.picture {
    height: max(16rem, calc(100dvh - 17.5rem));
  }
  .absent {
    display: grid;
    justify-items: center;
    gap: 1rem;
    margin: 15vh auto;
    text-align: center;
  }
  @media (min-width: 56.001rem) {
    .stage:has(> .cameras) rh-video {
      --max-height: max(16rem, calc(100dvh - 20.5rem));
    }
    .stage.moderated:has(> .cameras) rh-video {
      --max-height: max(16rem, calc(100dvh - 23.5rem));
    }
    rh-stop-button {
      position: sticky;
      top: 4.25rem;
      z-index: 5;
      padding: 1rem;
      border: 1px solid var(--rh-line);
      border-radius: var(--rh-radius);
      background: var(--rh-surface);
      box-shadow: var(--rh-shadow);
    }
  }
  @media (pointer: coarse) {
    .cameras {
      min-height: 2.75rem;
    }
  }
  @media (max-width: 56rem) {
    :host {
      /* Room for the STOP bar at the foot of the screen. */
      padding-bottom: 8.5rem;
    }
    .columns {
      grid-template: 'stage' 'side' 'below' / minmax(0, 1fr);
    }
    rh-video,
    .stage.moderated:not(.blind) rh-video {
      --max-height: 62vh;
    }
  }
`;
