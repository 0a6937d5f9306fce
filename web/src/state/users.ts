import { request } from '../net/http.ts';
import type { AccountRole, Grant, Permission, Scope, SignedInSession, User } from '../protocol_people.ts';
import { withConfirmation } from './confirm.ts';
import { Resource } from './resource.ts';

/** A password that the hub made, to be shown this once; null when the administrator chose it. */
export type MadePassword = string | null;

const path = '/api/v1/users';

/** All accounts of the hub. */
export class Users {
  readonly list = new Resource(async () => (await request<{ users: User[] }>('GET', path)).users);

  /** @throws Problem; `pointer` names the field. */
  async add(username: string, role: AccountRole, password: string): Promise<MadePassword> {
    const body = { username, role, ...(password && { password }) };
    const answer = await withConfirmation(() => request<{ user: User; password?: string }>('POST', path, body, 30000));
    const known = this.list.value;
    // Where the list is not known, one account alone would pose as all of them.
    if (known) this.list.put([...known, answer.user]);
    else void this.list.load();
    return answer.password ?? null;
  }
}

/** One account, its grants and its sessions. */
export class OneUser {
  readonly user: Resource<User>;
  readonly sessions: Resource<SignedInSession[]>;
  private readonly path_: string;

  constructor(readonly username: string) {
    this.path_ = `${path}/${encodeURIComponent(username)}`;
    this.user = new Resource(() => request<User>('GET', this.path_));
    this.sessions = new Resource(
      async () => (await request<{ sessions: SignedInSession[] }>('GET', `${this.path_}/sessions`)).sessions,
    );
  }

  async change(part: { role?: AccountRole; disabled?: boolean }): Promise<void> {
    this.user.put(await withConfirmation(() => request<User>('PATCH', this.path_, part)));
    if (part.disabled) void this.sessions.load();
  }

  /** An empty password lets the hub make one. All sessions of the account end. */
  async setPassword(password: string): Promise<MadePassword> {
    const body = password ? { password } : {};
    const answer = await withConfirmation(() =>
      request<{ password?: string } | undefined>('PUT', `${this.path_}/password`, body, 30000),
    );
    void this.user.load();
    void this.sessions.load();
    return answer?.password ?? null;
  }

  async remove(): Promise<void> {
    await withConfirmation(() => request('DELETE', this.path_));
  }

  async grant(permission: Permission, scope: Scope): Promise<Grant> {
    const grant = await withConfirmation(() => request<Grant>('POST', `${this.path_}/grants`, { permission, scope }));
    const user = this.user.value;
    if (user) this.user.put({ ...user, grants: [...user.grants, grant] });
    return grant;
  }

  async ungrant(id: number): Promise<void> {
    await withConfirmation(() => request('DELETE', `${this.path_}/grants/${id}`));
    const user = this.user.value;
    if (user) this.user.put({ ...user, grants: user.grants.filter((grant) => grant.id !== id) });
  }

  /** Ends one session, or all with ''. */
  async endSession(id: string): Promise<void> {
    await request('DELETE', `${this.path_}/sessions${id && `/${encodeURIComponent(id)}`}`);
    await Promise.all([this.sessions.load(), this.user.load()]);
  }
}

/** Accounts whose name, role or grants contain every word; administrators first, then by name, disabled ones last. */
export function findUsers(users: readonly User[], search: string): User[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const rank = ({ disabled, role }: User): number => (disabled ? 2 : role === 'administrator' ? 0 : 1);
  return users
    .filter((user) => {
      const grants = user.grants.map(({ permission, scope }) => `${permission} ${scope.value}`).join(' ');
      const text = `${user.username} ${user.role} ${user.disabled ? 'disabled' : ''} ${grants}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => rank(a) - rank(b) || a.username.localeCompare(b.username));
}
