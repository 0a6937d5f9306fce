import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { admin_sections, adminPath, section_titles, type AdminSection } from '../router.ts';
import { attention } from '../state/attention.ts';
import { Follow } from './follow.ts';
import { icons } from './icons.ts';
import { base } from './styles/base.ts';

const section_icons: Readonly<Record<AdminSection, TemplateResult>> = {
  devices: icons.device,
  users: icons.people,
  bans: icons.ban,
  audit: icons.log,
  config: icons.gear,
  plugins: icons.plug,
  health: icons.health,
};

/** The parts of the administration: a list at the side of a desk, a bar that scrolls sideways on a phone. */
@customElement('rh-admin-nav')
export class RhAdminNav extends LitElement {
  static override styles = [
    base,
    css`
      ul {
        display: grid;
        gap: 0.125rem;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      a {
        /* The hidden words of a mark stay inside of it, and with it inside of the bar that scrolls. */
        position: relative;
        display: flex;
        align-items: center;
        gap: 0.75rem;
        min-height: 2.75rem;
        padding: 0.25rem 0.875rem;
        border-radius: var(--rh-radius-small);
        color: var(--rh-text);
        font-size: 0.9375rem;
        font-weight: 550;
        text-decoration: none;
        white-space: nowrap;
      }
      a svg {
        flex: none;
        color: var(--rh-muted);
      }
      a:hover {
        background: var(--rh-sunken);
      }
      a[aria-current] {
        background: var(--rh-accent-soft);
        color: var(--rh-accent-text);
      }
      a[aria-current] svg {
        color: inherit;
      }
      .mark {
        width: 0.625rem;
        height: 0.625rem;
        margin-left: auto;
        border-radius: 50%;
        background: var(--rh-warn-text);
      }
      .mark.critical {
        background: var(--rh-stop);
      }
      @media (max-width: 56rem) {
        ul {
          display: flex;
          gap: 0.25rem;
          margin: 0 -1rem;
          padding: 0.25rem 1rem;
          overflow-x: auto;
          overscroll-behavior-x: contain;
          scrollbar-width: none;
        }
        ul::-webkit-scrollbar {
          display: none;
        }
        a {
          gap: 0.5rem;
          padding: 0.25rem 0.75rem;
        }
        /* Words alone: the cut-off last one shows that there is more. */
        a svg {
          display: none;
        }
        .mark {
          margin-left: 0;
        }
      }
    `,
  ];

  @property() section: AdminSection = 'devices';

  constructor() {
    super();
    new Follow(this, attention);
  }

  override render(): TemplateResult {
    return html`<nav aria-label="Administration">
      <ul>
        ${admin_sections.map((section) => this.entry(section))}
      </ul>
    </nav>`;
  }

  private entry(section: AdminSection): TemplateResult {
    const mark = attention.value.get(section);
    return html`<li>
      <a href=${adminPath(section)} aria-current=${section === this.section ? 'page' : nothing}>
        ${section_icons[section]}<span>${section_titles[section]}</span>
        ${mark ? html`<span class="mark ${mark.level}"></span><span class="unseen">(${mark.text})</span>` : nothing}
      </a>
    </li>`;
  }

  protected override updated(): void {
    // On a phone the present one may be out of sight. Only the bar scrolls, never the page.
    const list = this.renderRoot.querySelector('ul');
    const current = this.renderRoot.querySelector<HTMLElement>('a[aria-current]');
    if (!list || !current || list.scrollWidth <= list.clientWidth) return;
    const [bar, entry] = [list.getBoundingClientRect(), current.getBoundingClientRect()];
    if (entry.left < bar.left + 16) list.scrollLeft -= bar.left + 48 - entry.left;
    else if (entry.right > bar.right - 16) list.scrollLeft += entry.right - bar.right + 48;
  }
}
