import { bucketCookie, bucketIn, newBucket } from './sticky.js';

it('a browser that sends back what it was given is the same one', () => {
  const bucket = newBucket();
  const [pair = ''] = bucketCookie(bucket, true).split(';');
  expect(bucketIn(`session=x; ${pair}; theme=dark`)).toBe(bucket);
  expect(bucketIn(pair)).toBe(bucket);
});

it('no two browsers are given the same', () => {
  expect(new Set(Array.from({ length: 1_000 }, newBucket)).size).toBe(1_000);
});

it.each([
  undefined,
  '',
  'strangler_bucket',
  'strangler_bucket=',
  'strangler_bucket=short',
  `strangler_bucket=${'a'.repeat(4_000)}`,
  `x_strangler_bucket=${'a'.repeat(22)}`,
  'strangler_bucket=<script>alert(1)</scr',
])('%s is no bucket', (cookies) => {
  expect(bucketIn(cookies)).toBeUndefined();
});

it('scripts cannot read it, other sites do not send it, and it does not go over plain HTTP where there is HTTPS', () => {
  expect(bucketCookie('x', false)).toBe(
    'strangler_bucket=x; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax',
  );
  expect(bucketCookie('x', true)).toMatch(/; Secure$/);
});
