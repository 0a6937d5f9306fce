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
  /** Counts what the hub is asked. */
  private asked_ = 0;
  /** The newest of that whose answer is shown; those of older questions that come behind it are old. */
  private shown_ = 0;

  get signedIn(): boolean {
    return Boolean(this.state.value.info?.person);
  }

  /** Asks the hub afresh; a session that has ended meanwhile is noticed here. */
  async load(): Promise<void> {
    this.asked_ += 1;
    const asked = this.asked_;
    try {
      const info = await request<SessionInfo>('GET', '/api/v1/session');
      if (asked < this.shown_) return;
      this.shown_ = asked;
      const wasSignedIn = this.signedIn;
      // Signed in by another window: what ends from now on was not ended here.
      if (!wasSignedIn && info.person) this.leaving_ = false;
      const ended = !this.leaving_ && (this.state.value.ended || (wasSignedIn && !info.person));
      this.state.patch({ info, problem: null, ended });
    } catch (error) {
      if (asked > this.shown_) this.state.patch({ problem: asProblem(error) });
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
    this.asked_ += 1;
    this.shown_ = this.asked_;
    this.state.set({ info, problem: null, ended: false });
  }
}
