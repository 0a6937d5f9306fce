import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { announcements, router, session, toasts } from '../app.ts';
import { asProblem } from '../net/http.ts';
import { Follow } from './follow.ts';
import { icons } from './icons.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';

/** Who I am, and the way out. */
@customElement('rh-account')
export class RhAccount extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    css`
      :host {
        position: relative;
      }
      .open {
        max-width: 12rem;
        padding: 0.5rem 0.75rem;
      }
      .open span {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .menu {
        position: absolute;
        top: calc(100% + 0.375rem);
        right: 0;
        display: grid;
        gap: 0.75rem;
        width: 15rem;
        padding: 1rem;
      }
      .name {
        font-weight: 650;
        overflow-wrap: anywhere;
      }
      @media (max-width: 40rem) {
        /* The button is not at the edge there; the menu must be. */
        .menu {
          position: fixed;
          top: 3.75rem;
          right: 0.75rem;
        }
        .open span {
          display: none;
        }
        .open {
          width: 2.75rem;
          padding: 0;
        }
      }
    `,
  ];

  @state() private open_ = false;
  @state() private busy_ = false;
  @query('.open') private readonly button_!: HTMLButtonElement;

  constructor() {
    super();
    new Follow(this, session.state);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('click', this.clickedAnywhere);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('click', this.clickedAnywhere);
  }

  override render(): TemplateResult {
    const person = session.state.value.info?.person;
    if (!person) return html``;
    const kind = person.kind === 'guest' ? 'guest' : person.role;
    return html`
      <button
        class="quiet open"
        aria-expanded=${this.open_ ? 'true' : 'false'}
        aria-label="${person.name}, ${kind}: account"
        @click=${() => (this.open_ = !this.open_)}
      >
        ${icons.person}<span>${person.name}</span>
      </button>
      ${this.open_
        ? html`<div class="menu card" @keydown=${this.key}>
            <div>
              <p class="name">${person.name}</p>
              <p class="muted small">${kind === 'guest' ? 'Guest on this hub' : `Signed in as ${kind}`}</p>
            </div>
            ${person.kind === 'guest'
              ? html`<a class="button" href="/sign-in" @click=${this.close}>Sign in with an account</a>`
              : nothing}
            <a class="button" href="/account" @click=${this.close}>Account</a>
            <button aria-disabled=${this.busy_ ? 'true' : 'false'} @click=${this.signOut}>
              ${this.busy_ ? 'Signing out…' : 'Sign out'}
            </button>
          </div>`
        : nothing}
    `;
  }

  private readonly clickedAnywhere = (event: MouseEvent): void => {
    if (!event.composedPath().includes(this)) this.open_ = false;
  };

  private key(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    this.close();
    this.button_.focus();
  }

  private close(): void {
    this.open_ = false;
  }

  private async signOut(): Promise<void> {
    if (this.busy_) return;
    this.busy_ = true;
    try {
      await session.signOut();
      router.go('/');
      announcements.say('You are signed out.');
    } catch (error) {
      // For everybody's eyes: whoever walks away from somebody else's machine must not take it for done.
      toasts.complain(`Signing out failed; you may still be signed in. ${asProblem(error).detail}`);
    }
    this.busy_ = false;
  }
}
