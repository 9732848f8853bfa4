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
