import { css } from 'lit';

/**
 * Tables and the pages around them. A table in `.table` becomes a list of cards on a phone: each `td` then shows its
 * `data-label` before its value (the width of the table decides, not that of the screen). Roles are written out in the markup, since a browser may drop them with the layout.
 */
export const tables = css`
  .head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.75rem;
    min-height: 2.75rem;
    margin-bottom: 1rem;
  }
  .head h1 {
    min-width: 0;
    margin-right: auto;
    overflow-wrap: anywhere;
  }
  .back {
    display: grid;
    flex: none;
    place-items: center;
    width: 2.75rem;
    height: 2.75rem;
    margin: 0 -0.375rem 0 -0.75rem;
    border-radius: var(--rh-radius-small);
    color: var(--rh-muted);
  }
  .back:hover {
    background: var(--rh-sunken);
  }
  .lead {
    max-width: 46rem;
    margin: -0.5rem 0 1.25rem;
    color: var(--rh-muted);
  }
  .search {
    position: relative;
    flex: 0 1 18rem;
    min-width: min(100%, 12rem);
  }
  .search svg {
    position: absolute;
    left: 0.75rem;
    top: 0.75rem;
    color: var(--rh-muted);
    pointer-events: none;
  }
  .search input[type='search'] {
    padding-left: 2.5rem;
  }
  .table {
    overflow: hidden;
    container-type: inline-size;
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-size: 0.9375rem;
  }
  th {
    padding: 0.75rem 0.75rem 0.5rem;
    color: var(--rh-muted);
    font-size: 0.8125rem;
    font-weight: 600;
    text-align: left;
    white-space: nowrap;
  }
  td {
    padding: 0.625rem 0.75rem;
    border-top: 1px solid var(--rh-line);
    vertical-align: middle;
    overflow-wrap: break-word;
  }
  th:first-child,
  td:first-child {
    padding-left: 1.125rem;
  }
  th:last-child,
  td:last-child {
    padding-right: 1.125rem;
  }
  td.main {
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  td.main .small {
    font-weight: 400;
  }
  td.do {
    text-align: right;
    white-space: nowrap;
  }
  tbody tr:has(a.whole) {
    position: relative;
  }
  tbody tr:has(a.whole):hover {
    background: var(--rh-sunken);
  }
  /* The link of a row's name makes the whole row clickable. */
  a.whole {
    color: inherit;
    text-decoration: none;
  }
  a.whole::after {
    content: '';
    position: absolute;
    inset: 0;
  }
  a.whole:hover {
    text-decoration: underline;
  }
  .chips {
    display: flex;
    flex-wrap: wrap;
    gap: 0.375rem;
  }
  .chip {
    display: inline-flex;
    align-items: center;
    gap: 0.25rem;
    padding: 0.125rem 0.625rem;
    border-radius: 1rem;
    background: var(--rh-sunken);
    font-size: 0.8125rem;
    font-weight: 550;
    line-height: 1.5;
    overflow-wrap: anywhere;
  }
  .empty {
    display: grid;
    gap: 0.625rem;
    justify-items: center;
    max-width: 34rem;
    margin: 0 auto;
    padding: 3rem 1.25rem;
    text-align: center;
  }
  .empty svg {
    width: 2.5rem;
    height: 2.5rem;
    color: var(--rh-outline);
  }
  .failed {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.75rem;
    margin-bottom: 1rem;
  }
  .failed p {
    flex: 1 1 16rem;
  }
  .row-blank {
    height: 3.25rem;
    margin: 0 1.125rem;
    border-top: 1px solid var(--rh-line);
    display: flex;
    align-items: center;
  }
  .row-blank::before {
    content: '';
    width: 60%;
    height: 0.75rem;
    border-radius: 0.375rem;
    background: var(--rh-sunken);
    animation: breathe 1.6s ease-in-out infinite alternate;
  }
  .row-blank:first-child {
    border-top: 0;
  }
  @keyframes breathe {
    to {
      opacity: 0.45;
    }
  }
  .part {
    display: grid;
    gap: 0.875rem;
    min-width: 0;
    margin-bottom: 1.25rem;
    padding: 1.125rem 1.25rem 1.25rem;
  }
  .part.table {
    padding-left: 0;
    padding-right: 0;
    padding-bottom: 0.25rem;
  }
  .part th:first-child,
  .part td:first-child {
    padding-left: 1.25rem;
  }
  .part th:last-child,
  .part td:last-child {
    padding-right: 1.25rem;
  }
  .part.table > :not(table) {
    margin-left: 1.25rem;
    margin-right: 1.25rem;
  }
  .part-head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 0.75rem;
  }
  .part-head h2 {
    margin-right: auto;
  }
  .form-row {
    display: flex;
    flex-wrap: wrap;
    align-items: end;
    gap: 0.75rem;
  }
  .form-row .field {
    flex: 1 1 11rem;
    min-width: 0;
  }
  code,
  .mono {
    font: 0.9em/1.5 var(--rh-mono);
    overflow-wrap: anywhere;
  }
  dl.facts {
    display: grid;
    grid-template-columns: max-content minmax(0, 1fr);
    gap: 0.375rem 1.25rem;
    margin: 0;
    font-size: 0.9375rem;
  }
  dl.facts dt {
    color: var(--rh-muted);
  }
  dl.facts dd {
    margin: 0;
    overflow-wrap: anywhere;
  }
  @container (max-width: 42rem) {
    .table table,
    .table tbody,
    .table tr,
    .table td {
      display: block;
    }
    .table thead {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
    .table tr {
      padding: 0.75rem 1.125rem;
      border-top: 1px solid var(--rh-line);
    }
    .table tbody tr:first-child {
      border-top: 0;
    }
    .part.table tbody tr {
      padding: 0.75rem 1.25rem;
    }
    .part.table tbody tr:first-child {
      border-top: 1px solid var(--rh-line);
    }
    .table tr > td,
    .table tr > td:first-child,
    .table tr > td:last-child {
      padding: 0.125rem 0;
      border-top: 0;
    }
    .table td[data-label]::before {
      content: attr(data-label) ' ';
      color: var(--rh-muted);
      font: 400 0.9375rem/1.5 var(--rh-font);
    }
    .table tr > td.do:last-child {
      padding-top: 0.5rem;
      text-align: left;
    }
    .table td.bare,
    .table td:empty {
      display: none;
    }
  }
  @media (max-width: 44rem) {
    .head .search {
      flex: 1 1 100%;
      order: 1;
    }
    dl.facts {
      grid-template-columns: minmax(0, 1fr);
      gap: 0;
    }
    dl.facts dd {
      margin-bottom: 0.5rem;
    }
  }
`;
