import { css } from 'lit';

/** The narrow sheet that the door, the sign-in and the set-up share. */
export const forms = css`
  .sheet {
    display: grid;
    gap: 1.25rem;
    max-width: 26rem;
    margin: clamp(1rem, 8vh, 5rem) auto 0;
  }
  .intro {
    display: grid;
    gap: 0.5rem;
    justify-items: center;
    text-align: center;
  }
  .intro p {
    text-wrap: balance;
  }
  form.card {
    display: grid;
    gap: 1.125rem;
    padding: 1.5rem;
  }
  .beside {
    text-align: center;
    font-size: 0.9375rem;
  }
`;
