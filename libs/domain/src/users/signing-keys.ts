import type { Jwks } from '#contracts';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type CryptoKey,
  type JWK,
} from 'jose';
import { Repository } from 'typeorm';
import { SigningKey } from './signing-key.entity.js';

/** The signature of all tokens: ECDSA with P-256. */
export const algorithm = 'ES256';

/** The keys that sign tokens. They are rows, so that all processes that serve the module share them. */
@Injectable()
export class SigningKeys {
  private readonly imported = new Map<string, Promise<CryptoKey>>();

  constructor(@InjectRepository(SigningKey) private readonly keys: Repository<SigningKey>) {}

  /**
   * Makes the first key, in the command that adds an account. Not at start, where nobody has asked whether this side may
   * write; and not when a token first needs it: that is a query, which changes nothing.
   */
  async ensure(): Promise<void> {
    if (await this.keys.existsBy({ active: true })) return;
    const { kid, jwk } = await newKey();
    // Of several at once, one makes the key; the others wait for its end and then find the key, or make it.
    await this.keys.query(
      `insert into users.signing_key (kid, private_jwk, active) values ($1, $2, true)
       on conflict (active) where active do nothing`,
      [kid, JSON.stringify(jwk)],
    );
  }

  /**
   * Makes a new key the active one. Removes those of which no token can be good any more: the ones that were replaced
   * `keptS` seconds ago or longer. Answers what is published then.
   */
  async rotate(keptS: number): Promise<Jwks> {
    // Of two at once the second waits here, and replaces the first one's key.
    await this.keys.query(`select pg_advisory_xact_lock(hashtext('users.signing_key'), 0)`);
    const { kid, jwk } = await newKey();
    await this.keys.query('update users.signing_key set active = false where active');
    await this.keys.query(
      // The clock of this statement: the time of a transaction that had to wait is older than the other's key.
      `insert into users.signing_key (kid, private_jwk, active, created_at) values ($1, $2, true, clock_timestamp())`,
      [kid, JSON.stringify(jwk)],
    );
    await this.keys.query(
      `delete from users.signing_key old where not active and exists (
         select from users.signing_key next
         where next.created_at > old.created_at and next.created_at <= clock_timestamp() - make_interval(secs => $1))`,
      [keptS],
    );
    return this.published();
  }

  /** The key for new tokens. Its row is read each time, so that a key made elsewhere is used at once. */
  async active(): Promise<{ kid: string; key: CryptoKey }> {
    const { kid, privateJwk } = await this.keys.findOneByOrFail({ active: true });
    let key = this.imported.get(kid);
    if (!key) this.imported.set(kid, (key = importJWK(privateJwk, algorithm) as Promise<CryptoKey>));
    return { kid, key: await key };
  }

  /** The public halves of all keys, newest first. */
  async published(): Promise<Jwks> {
    const keys = await this.keys.find({ order: { createdAt: 'DESC' } });
    return { keys: keys.map(({ kid, privateJwk }) => publicHalf(kid, privateJwk)) };
  }
}

async function newKey(): Promise<{ kid: string; jwk: JWK }> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { kid: await calculateJwkThumbprint(jwk), jwk };
}

function publicHalf(kid: string, { kty, crv, x, y }: JWK): Record<string, string> {
  if (!kty || !crv || !x || !y) throw new Error(`the signing key ${kid} is no elliptic-curve key`);
  return { kid, kty, crv, x, y, alg: algorithm, use: 'sig' };
}
