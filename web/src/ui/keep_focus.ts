import type { LitElement } from 'lit';

/** After the row that had the focus is gone, reading and tabbing go on at the heading of its part, not at the page's top. */
export async function keepFocus(host: LitElement): Promise<void> {
  await host.updateComplete;
  const focused = document.activeElement;
  if (focused === null || focused === document.body) host.renderRoot.querySelector<HTMLElement>('h2')?.focus();
}
