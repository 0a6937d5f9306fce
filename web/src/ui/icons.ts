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
  sound: outline(
    svg`<path d="M4 9.500v5h3.500l4.500 4v-13l-4.500 4z"/><path d="M15.500 9a4 4 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11"/>`,
  ),
  film: outline(
    svg`<rect x="3" y="5" width="18" height="14" rx="2"/><path d="M10 9.500v5l4.500-2.500z" fill="currentColor"/>`,
  ),
  play: outline(svg`<path d="M8 5.500v13l10.500-6.500z" fill="currentColor"/>`),
  record: outline(svg`<circle cx="12" cy="12" r="8.500"/><circle cx="12" cy="12" r="4" fill="currentColor"/>`),
  download: outline(svg`<path d="M12 4v11M7 10.500l5 5 5-5M4 20h16"/>`),
  remove: outline(svg`<path d="M4 7h16M9 7V4h6v3M6.500 7l1 13h9l1-13M10 11v5M14 11v5"/>`),
  close: outline(svg`<path d="M6 6l12 12M18 6L6 18"/>`),
  copy: outline(svg`<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5 15V6a2 2 0 0 1 2-2h8"/>`),
  check: outline(svg`<path d="M5 13l4.500 4.500L19 7"/>`),
  add: outline(svg`<path d="M12 5v14M5 12h14"/>`),
  next: outline(svg`<path d="M9 5l7 7-7 7"/>`),
  gear: outline(
    svg`<path d="M4 7h10M18 7h2M4 17h2M10 17h10"/><circle cx="16" cy="7" r="2"/><circle cx="8" cy="17" r="2"/>`,
  ),
  people: outline(
    svg`<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20c.8-3.500 3.300-5 6.500-5s5.700 1.500 6.500 5M16 4.800a3.500 3.500 0 0 1 0 6.400M18 15.300c1.800.7 3 2.200 3.500 4.700"/>`,
  ),
  device: outline(svg`<rect x="4" y="4" width="16" height="12" rx="2"/><path d="M9 20h6M12 16v4"/>`),
  ban: outline(svg`<circle cx="12" cy="12" r="8.500"/><path d="M6 6l12 12"/>`),
  log: outline(svg`<path d="M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01"/>`),
  plug: outline(svg`<path d="M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4"/>`),
  health: outline(svg`<path d="M3 12h4l3-7 4 14 3-7h4"/>`),
  more: outline(svg`<path d="M5 12h.01M12 12h.01M19 12h.01" stroke-width="3"/>`),
  key: outline(svg`<circle cx="8" cy="15" r="4"/><path d="M11 12l8.500-8.500M16 7l3 3"/>`),
};
