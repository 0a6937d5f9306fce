import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { devices, live, router, session } from '../app.ts';
import { triggers } from '../protocol_media.ts';
import { CapturesStore, type CaptureChoice } from '../state/captures.ts';
import { quotaHint } from '../state/captures_health.ts';
import { health } from '../state/health.ts';
import { trigger_texts } from '../text/captures.ts';
import { Follow } from './follow.ts';
import './rh_captures.ts';
import './rh_record.ts';
import { base } from './styles/base.ts';
import { controls } from './styles/controls.ts';
import { surfaces } from './styles/surfaces.ts';
import { tables } from './styles/tables.ts';

const health_ms = 60_000;

/** The gallery: captures of every device that one may watch. What is chosen stands in the address bar. */
@customElement('rh-captures-page')
export class RhCapturesPage extends LitElement {
  static override styles = [
    base,
    controls,
    surfaces,
    tables,
    css`
      .choice {
        display: flex;
        flex: 0 1 26rem;
        gap: 0.75rem;
      }
      .choice select {
        flex: 1 1 0;
        min-width: 0;
      }
      rh-record {
        margin-bottom: 1rem;
      }
      .hint {
        margin: -0.5rem 0 1rem;
      }
      @media (max-width: 40rem) {
        .choice {
          flex: 1 1 100%;
        }
      }
    `,
  ];

  @state() private choice_: CaptureChoice = read(router.search.value);
  private captures_: CapturesStore | null = null;
  private releases_: (() => void)[] = [];

  constructor() {
    super();
    new Follow(this, devices.state, session.state, health.health.state);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.choice_ = read(router.search.value);
    const captures = new CapturesStore(live, this.choice_);
    this.captures_ = captures;
    const administers = session.state.value.info?.can.administer === true;
    this.releases_ = [
      () => captures.close(),
      devices.watchList(),
      // Back, Forward and links to a choice change the address under us.
      router.search.subscribe(() => this.show(read(router.search.value))),
      ...(administers ? [health.watch(health_ms)] : []),
    ];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const release of this.releases_) release();
  }

  override render(): TemplateResult | typeof nothing {
    const captures = this.captures_;
    if (!captures) return nothing;
    const { device, trigger } = this.choice_;
    const list = [...devices.state.value.byId.values()].map((known) => known.device);
    const names = list.sort((a, b) => (a.name || a.id).localeCompare(b.name || b.id));
    const chosen = devices.get(device)?.device;
    return html`
      <div class="head">
        <h1>Captures</h1>
        <div class="choice">
          <select aria-label="Device" @change=${(event: Event) => this.choose({ device: valueOf(event), trigger })}>
            <option value="" .selected=${device === ''}>All devices</option>
            ${names.map(({ id, name }) => html`<option value=${id} .selected=${id === device}>${name || id}</option>`)}
            ${device && !chosen ? html`<option value=${device} .selected=${true}>${device}</option>` : nothing}
          </select>
          <select
            aria-label="What set it off"
            @change=${(event: Event) => this.choose({ device, trigger: valueOf(event) })}
          >
            <option value="" .selected=${trigger === ''}>All kinds</option>
            ${triggers.map(
              (each) => html`<option value=${each} .selected=${each === trigger}>${trigger_texts[each]}</option>`,
            )}
          </select>
        </div>
      </div>
      ${this.quota()} ${chosen ? html`<rh-record .device=${chosen} .captures=${captures}></rh-record>` : nothing}
      <h2 class="unseen">Newest first</h2>
      <rh-captures .captures=${captures}></rh-captures>
    `;
  }

  private quota(): TemplateResult | typeof nothing {
    const value = session.state.value.info?.can.administer ? health.health.value : null;
    const hint = value && quotaHint(value);
    if (!hint) return nothing;
    return hint.warn
      ? html`<p class="note warn hint-note">${hint.text} <a href="/admin/health">Health</a></p>`
      : html`<p class="muted small hint">${hint.text}</p>`;
  }

  private choose(choice: CaptureChoice): void {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(choice)) if (value !== '') parameters.set(name, value as string);
    router.keepSearch(parameters);
  }

  private show(choice: CaptureChoice): void {
    if (choice.device === this.choice_.device && choice.trigger === this.choice_.trigger) return;
    this.choice_ = choice;
    void this.captures_?.choose(choice);
  }
}

function read(search: string): CaptureChoice {
  const query = new URLSearchParams(search);
  return { device: query.get('device') ?? '', trigger: query.get('trigger') ?? '' };
}

function valueOf(event: Event): string {
  return (event.target as HTMLSelectElement).value;
}
