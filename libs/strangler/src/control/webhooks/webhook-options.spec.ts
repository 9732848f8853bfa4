import fc from 'fast-check';
import { contract } from '../../contract/contract.js';
import { processPartsOf } from '../../nest/parts.js';
import { StartError } from '../../operate/health/start-error.js';
import {
  isWebhookSecret,
  problemOfWebhooks,
  shownUrl,
  settingsHash,
  type WebhookOptions,
} from './webhook-options.js';

const hidden = Buffer.alloc(32, 'hidden').toString('base64');
const other = `whsec_${Buffer.alloc(32, 'other').toString('base64')}`;
const good: WebhookOptions = { name: 'chat', url: 'https://chat.example/hooks', secret: `whsec_${hidden}` };

const parcels = contract('parcels', { ownership: 'whole', operations: {} });

it.each([
  [{ name: '' }, /: a name of 1 to 32 letters/],
  [{ name: 'a/b' }, /^a\/b: a name of 1 to 32 letters/],
  [{ url: 'chat.example' }, /^chat: a URL that begins with https/],
  [{ url: 'file:///etc/passwd' }, /^chat: a URL that begins with https/],
  [{ url: `https://ann:${hidden}@chat.example` }, /^chat: a URL that begins with https/],
  [{ secret: hidden }, /^chat: a secret is expected/],
  [{ secret: `whsec_${hidden.slice(0, 20)}` }, /^chat: a secret is expected/],
  [{ secret: [] }, /^chat: a secret is expected/],
  [{ secret: [good.secret as string, hidden] }, /^chat: a secret is expected/],
  [{ modules: [] }, /^chat: it would be told of nothing: name a module, or leave `modules` out/],
  [{ outcomes: [] }, /^chat: it would be told of nothing: name an outcome, or leave `outcomes` out/],
  [{ modules: ['parcels', 'parcles'] }, /^chat: there is no module parcles; did you mean parcels\?/],
  [{ outcomes: ['done', 'undone'] as never }, /^chat: there is no outcome undone: begun, done/],
])('%j stops the start with its name, and shows no secret', (wrong, sentence) => {
  const start = () =>
    processPartsOf(
      { side: undefined, contracts: [parcels], webhooks: [{ ...good, ...wrong }] },
      undefined,
      undefined,
    );
  expect(start).toThrow(StartError);
  expect(problemOfWebhooks([{ ...good, ...wrong }], ['parcels', 'stock'])).toMatch(sentence);
  expect(start).not.toThrow(hidden.slice(0, 20));
});

it('two of one name are refused, and others are not', () => {
  const problem = (...webhooks: WebhookOptions[]) => problemOfWebhooks(webhooks, ['parcels']);
  expect(problem(good, { ...good, url: 'http://other.example' })).toBe('chat: there are two of that name');
  const pager: WebhookOptions = { ...good, name: 'pager', modules: ['parcels'], outcomes: ['failed'] };
  expect(
    problem(good, pager, { ...good, name: 'log', secret: [other, ...[good.secret].flat()] }),
  ).toBeUndefined();
  expect(problem()).toBeUndefined();
});

it('a secret has 24 to 64 bytes, in the one way to write them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const secret = `whsec_${Buffer.from(bytes).toString('base64')}`;
      const fits = bytes.length >= 24 && bytes.length <= 64;
      return (
        isWebhookSecret(secret) === fits &&
        !isWebhookSecret(`${secret}A`) &&
        !isWebhookSecret(secret.slice(1))
      );
    }),
  );
});

it('what is behind a ? is not shown', () => {
  expect(shownUrl({ url: `https://chat.example/hooks?key=${hidden}#${hidden}` })).toBe(
    'https://chat.example/hooks',
  );
});

it('another address or another secret is known by its hash, which tells neither', () => {
  const hashes = [
    good,
    { ...good, url: 'https://chat.example' },
    { ...good, secret: other },
    { ...good, secret: [other, ...[good.secret].flat()] },
  ].map(settingsHash);
  expect(new Set(hashes).size).toBe(4);
  expect(settingsHash({ ...good, secret: [other] })).toBe(hashes[2]);
  expect(settingsHash({ ...good, modules: ['parcels'] })).toBe(hashes[0]);
  expect(hashes.join()).toMatch(/^[0-9a-f,]{131}$/);
});
