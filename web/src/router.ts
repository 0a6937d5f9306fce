import { Store } from './state/store.ts';

export type Route =
  | { page: 'devices' }
  | { page: 'device'; id: string }
  | { page: 'sign-in' }
  | { page: 'setup' }
  | { page: 'unknown'; path: string };

export function parsePath(path: string): Route {
  if (path === '/' || path === '/devices' || path === '/devices/') return { page: 'devices' };
  if (path === '/sign-in') return { page: 'sign-in' };
  if (path === '/setup') return { page: 'setup' };
  const device = /^\/devices\/([^/]+)\/?$/.exec(path)?.[1];
  if (device !== undefined) {
    try {
      return { page: 'device', id: decodeURIComponent(device) };
    } catch {
      return { page: 'unknown', path };
    }
  }
  return { page: 'unknown', path };
}

export function devicePath(id: string): string {
  return `/devices/${encodeURIComponent(id)}`;
}

/** Where the page is, kept in the address bar by the history API. */
export class Router {
  readonly route = new Store<Route>(parsePath(location.pathname));

  start(): void {
    window.addEventListener('popstate', () => this.route.set(parsePath(location.pathname)));
    document.addEventListener('click', (event) => this.followLink(event));
  }

  go(path: string): void {
    if (path === location.pathname) return;
    history.pushState(null, '', path);
    this.route.set(parsePath(path));
    window.scrollTo(0, 0);
  }

  /** Links within the page do not load it anew. */
  private followLink(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
    if (!(link instanceof HTMLAnchorElement) || link.origin !== location.origin) return;
    if (link.target !== '' || link.hasAttribute('download') || parsePath(link.pathname).page === 'unknown') return;
    event.preventDefault();
    this.go(link.pathname);
  }
}
