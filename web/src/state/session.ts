import { asProblem, request, type Problem } from '../net/http.ts';
import type { SessionInfo } from '../protocol.ts';
import { Store } from './store.ts';

export interface SessionState {
  /** Null until the hub has answered for the first time. */
  info: SessionInfo | null;
  /** Why the hub could not be asked, if it could not. */
  problem: Problem | null;
  /** The session ended while the page was open; the entry page says so. */
  ended: boolean;
}

/** Who I am and what I may do: asked once, then after each sign-in, sign-out and ended session. */
export class SessionStore {
  readonly state = new Store<SessionState>({ info: null, problem: null, ended: false });

  /** This page itself signed out, so the end of the session is no news. */
  private leaving_ = false;

  get signedIn(): boolean {
    return Boolean(this.state.value.info?.person);
  }

  /** Asks the hub afresh; a session that has ended meanwhile is noticed here. */
  async load(): Promise<void> {
    const wasSignedIn = this.signedIn;
    try {
      const info = await request<SessionInfo>('GET', '/api/v1/session');
      const ended = !this.leaving_ && (this.state.value.ended || (wasSignedIn && !info.person));
      this.state.patch({ info, problem: null, ended });
    } catch (error) {
      this.state.patch({ problem: asProblem(error) });
    }
  }

  async enterAsGuest(name: string): Promise<void> {
    this.accept(await request<SessionInfo>('POST', '/api/v1/session', { guest: name }));
  }

  async signIn(username: string, password: string): Promise<void> {
    this.accept(await request<SessionInfo>('POST', '/api/v1/session', { username, password }, 30000));
  }

  /** Makes the first administrator; the hub signs him in at once. */
  async setUp(code: string, username: string, password: string): Promise<void> {
    const answer = await request<SessionInfo | undefined>('POST', '/api/v1/setup', { code, username, password }, 30000);
    if (answer && 'person' in answer) this.accept(answer);
    else await this.load();
  }

  async signOut(): Promise<void> {
    this.leaving_ = true;
    try {
      await request('DELETE', '/api/v1/session');
    } catch (error) {
      this.leaving_ = false;
      throw error;
    }
    await this.load();
  }

  private accept(info: SessionInfo): void {
    this.leaving_ = false;
    this.state.set({ info, problem: null, ended: false });
  }
}
