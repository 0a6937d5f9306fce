import { request } from '../net/http.ts';
import type { SignedInSession, User } from '../protocol_people.ts';
import { Resource } from './resource.ts';

const path = '/api/v1/account';

/** My own account and its sessions. */
export class Account {
  readonly me = new Resource(() => request<User>('GET', path));
  readonly sessions = new Resource(
    async () => (await request<{ sessions: SignedInSession[] }>('GET', `${path}/sessions`)).sessions,
  );

  /** All other sessions end. @throws Problem; `pointer` is /current or /password. */
  async changePassword(current: string, password: string): Promise<void> {
    await request('PUT', `${path}/password`, { current, password }, 30000);
    void this.sessions.load();
  }

  /** Ends one session, or all but this one with ''. */
  async endSession(id: string): Promise<void> {
    await request('DELETE', `${path}/sessions${id && `/${encodeURIComponent(id)}`}`);
    await this.sessions.load();
  }
}
