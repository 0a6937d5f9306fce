import { Store } from './state/store.ts';

export const admin_sections = ['devices', 'users', 'bans', 'audit', 'config', 'plugins', 'health'] as const;
export type AdminSection = (typeof admin_sections)[number];

export const section_titles: Readonly<Record<AdminSection, string>> = {
  devices: 'Devices',
  users: 'People',
  bans: 'Bans',
  audit: 'Audit',
  config: 'Configuration',
  plugins: 'Plugins',
  health: 'Health',
};

export type Route =
  | { page: 'devices' }
  | { page: 'device'; id: string }
  | { page: 'captures' }
  | { page: 'account' }
  /** `id` is the user or the device that the page is about; '' for the list. */
  | { page: 'admin'; section: AdminSection; id: string }
  | { page: 'sign-in' }
  | { page: 'setup' }
  | { page: 'unknown'; path: string };

export function parsePath(path: string): Route {
  const unknown: Route = { page: 'unknown', path };
  const [first = '', second, third, ...more] = path.replace(/^\//, '').replace(/\/$/, '').split('/');
  if (more.length > 0) return unknown;
  if (first === 'admin') return adminRoute(second ?? 'devices', third) ?? unknown;
  if (third !== undefined) return unknown;
  if (first === 'devices' && second !== undefined) {
    const id = decoded(second);
    return id === null ? unknown : { page: 'device', id };
  }
  if (second !== undefined) return unknown;
  if (first === '' || first === 'devices') return { page: 'devices' };
  if (first === 'captures' || first === 'account' || first === 'sign-in' || first === 'setup') return { page: first };
  return unknown;
}

function adminRoute(name: string, of: string | undefined): Route | null {
  const section = admin_sections.find((known) => known === name);
  if (!section) return null;
  if (of === undefined) return { page: 'admin', section, id: '' };
  const id = decoded(of);
  // Only these two have a page for each of theirs.
  return id !== null && (section === 'users' || section === 'devices') ? { page: 'admin', section, id } : null;
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part) || null;
  } catch {
    return null;
  }
}

export function devicePath(id: string): string {
  return `/devices/${encodeURIComponent(id)}`;
}

/** The gallery, of one device or of all. */
export function capturesPath(device = ''): string {
  return device ? `/captures?${new URLSearchParams({ device }).toString()}` : '/captures';
}

export function adminPath(section: AdminSection, id = ''): string {
  return id ? `/admin/${section}/${encodeURIComponent(id)}` : `/admin/${section}`;
}

/** The page for signing in, which leads back to `path` then. */
export function signInPath(path: string): string {
  return `/sign-in?${new URLSearchParams({ return: path }).toString()}`;
}

/** Where the page for signing in leads back to, by its own search: a page of ours, whatever stands there. */
export function returnPath(search: string): string {
  const path = new URLSearchParams(search).get('return') ?? '/';
  const { page } = parsePath(path.replace(/\?.*$/, ''));
  return /^\/(?!\/)/.test(path) && page !== 'unknown' && page !== 'sign-in' ? path : '/';
}

/** Where the page is, kept in the address bar by the history API. */
export class Router {
  readonly route = new Store<Route>(parsePath(location.pathname));
  /** What follows the path, such as "?actor=ada"; a page keeps its filters here. */
  readonly search = new Store<string>(location.search);

  start(): void {
    window.addEventListener('popstate', () => this.arrive());
    document.addEventListener('click', (event) => this.followLink(event));
  }

  /** Goes to a path of this page; it may carry a search. */
  go(path: string): void {
    const to = new URL(path, location.href);
    if (to.pathname === location.pathname && to.search === location.search) return;
    const elsewhere = to.pathname !== location.pathname;
    history.pushState(null, '', `${to.pathname}${to.search}`);
    this.arrive();
    if (elsewhere) window.scrollTo(0, 0);
  }

  /** Keeps what a page shows in the address bar, without a step for the Back button. */
  keepSearch(parameters: URLSearchParams): void {
    const text = parameters.toString();
    const search = text === '' ? '' : `?${text}`;
    if (search === location.search) return;
    history.replaceState(null, '', `${location.pathname}${search}`);
    this.search.set(search);
  }

  private arrive(): void {
    this.search.set(location.search);
    const route = parsePath(location.pathname);
    // A route that is the same keeps its identity, so that nothing takes the focus away.
    if (JSON.stringify(route) !== JSON.stringify(this.route.value)) this.route.set(route);
  }

  /** Links within the page do not load it anew. */
  private followLink(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
    if (!(link instanceof HTMLAnchorElement) || link.origin !== location.origin) return;
    if (link.target !== '' || link.hasAttribute('download') || parsePath(link.pathname).page === 'unknown') return;
    event.preventDefault();
    this.go(`${link.pathname}${link.search}`);
  }
}
