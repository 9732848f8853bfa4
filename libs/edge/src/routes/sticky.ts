import { randomBytes } from 'node:crypto';

/** Tells one browser from another where nobody is logged in. It says nothing of who that is, and proves nothing. */
const name = 'strangler_bucket';
/** A year, in s. */
const maxAge = 31_536_000;

/** 128 random bits. */
export const newBucket = (): string => randomBytes(16).toString('base64url');

/** What a request's `Cookie` header holds, if it is one of ours: anything else is as good as none. */
export function bucketIn(cookies: string | undefined): string | undefined {
  for (const pair of (cookies ?? '').split(';')) {
    const [key, value = ''] = pair.trim().split('=', 2);
    if (key === name && /^[\w-]{22}$/.test(value)) return value;
  }
  return undefined;
}

/** The `Set-Cookie` that has a browser send it again. */
export const bucketCookie = (value: string, secure: boolean): string =>
  `${name}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
