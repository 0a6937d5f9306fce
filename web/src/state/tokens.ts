import { request } from '../net/http.ts';
import type { Permission, Scope, Token } from '../protocol_people.ts';
import { withConfirmation } from './confirm.ts';
import { Resource } from './resource.ts';

const path = '/api/v1/tokens';

export interface TokenWish {
  name: string;
  permissions: Permission[];
  /** Empty: everywhere. */
  scopes: Scope[];
  expires_in_days: number;
}

/** API tokens: my own, or with `of` those of another account (for administrators). */
export class Tokens {
  readonly list: Resource<Token[]>;

  constructor(of = '') {
    const query = of ? `?user=${encodeURIComponent(of)}` : '';
    this.list = new Resource(async () => (await request<{ tokens: Token[] }>('GET', `${path}${query}`)).tokens);
  }

  /** Makes one of my own; what is returned is the secret, which the hub never shows again. */
  async add(wish: TokenWish): Promise<string> {
    const { token, secret } = await withConfirmation(() =>
      request<{ token: Token; secret: string }>('POST', path, wish),
    );
    const known = this.list.value;
    // Where the list is not known, one token alone would pose as all of them.
    if (known) this.list.put([...known, token]);
    else void this.list.load();
    return secret;
  }

  async revoke(id: number): Promise<void> {
    await request('DELETE', `${path}/${id}`);
    this.list.put((this.list.value ?? []).filter((token) => token.id !== id));
  }
}

/** What a program would say with the token, to be tried in a shell. */
export function curlExample(secret: string, origin: string): string {
  return `curl -H "Authorization: Bearer ${secret}" ${origin}/api/v1/devices`;
}
