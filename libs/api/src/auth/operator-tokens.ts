import type { OperatorToken } from '#platform';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Principal } from './principal.js';

/** The tokens of the settings by which operators get into an admin listener, whatever has become of the users. */
export class OperatorTokens {
  private readonly known: readonly { digest: Buffer; principal: Principal }[];

  constructor(tokens: readonly OperatorToken[] = []) {
    this.known = tokens.map(({ name, token, role }) => ({
      digest: digestOf(token),
      principal: { id: name, role, session: 0 },
    }));
  }

  /** Whose a token is; `undefined`: nobody's. It takes as long, whatever is asked. */
  holderOf(token: string): Principal | undefined {
    const given = digestOf(token);
    return this.known.filter(({ digest }) => timingSafeEqual(digest, given))[0]?.principal;
  }
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
