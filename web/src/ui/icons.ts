import { svg, html, type TemplateResult } from 'lit';

const outline = (paths: TemplateResult): TemplateResult =>
  html`<svg
    width="20"
    height="20"
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="2"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    ${paths}
  </svg>`;

export const icons = {
  mark: outline(svg`<circle cx="12" cy="12" r="7"/><circle cx="12" cy="12" r="1.6" fill="currentColor"/>
    <path d="M12 2v4M12 18v4M2 12h4M18 12h4"/>`),
  stop: outline(svg`<path d="M8 2.500h8L21.5 8v8L16 21.500H8L2.5 16V8z"/><path d="M8.5 12h7"/>`),
  search: outline(svg`<circle cx="11" cy="11" r="7"/><path d="m20 20-4-4"/>`),
  back: outline(svg`<path d="M15 5l-7 7 7 7"/>`),
  light: outline(
    svg`<circle cx="12" cy="12" r="4"/><path d="M12 2v2M12 20v2M4.9 4.900l1.4 1.400M17.7 17.700l1.4 1.400M2 12h2M20 12h2M4.9 19.100l1.4-1.400M17.7 6.300l1.4-1.4"/>`,
  ),
  dark: outline(svg`<path d="M20 14.500A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.500z"/>`),
  auto: outline(svg`<circle cx="12" cy="12" r="9"/><path d="M12 3v18a9 9 0 0 0 0-18z" fill="currentColor"/>`),
  person: outline(svg`<circle cx="12" cy="8" r="4"/><path d="M4.5 20.500c1-4 4-5.5 7.5-5.500s6.5 1.5 7.5 5.5"/>`),
  camera: outline(svg`<path d="M3 7.500h4l2-3h6l2 3h4v12H3z"/><circle cx="12" cy="13" r="3.5"/>`),
};
