import { createHash } from 'node:crypto';
import { nearest } from '../terms/nearest.js';
import type { HistoryEntry } from '../terms/views.js';

/** How entries of the history can end, as the database has them. */
export const outcomes = [
  'begun',
  'done',
  'refused',
  'aborted',
  'failed',
  'noted',
] as const satisfies readonly HistoryEntry['outcome'][];

/**
 * Who is told of entries of the history, by HTTP.
 *
 * @example
 * ```ts
 * const pager: WebhookOptions = { name: 'pager', url: 'https://pager.example/strangler', secret: token, outcomes: ['failed', 'aborted'] };
 * ```
 */
export interface WebhookOptions {
  /** How it is called in lists and logs: 1 to 32 letters, digits, `_` or `-`. Another name is another receiver, which begins with what comes then. */
  name: string;
  /** `https://…` or `http://…`, without a user and a password. */
  url: string;
  /**
   * By which each call is signed, and which the receiver has as well: `whsec_` and 24 to 64 bytes in base64, as Standard Webhooks has it.
   * Several while one is replaced: each call is signed by all, and a receiver takes it that knows one of them.
   */
  secret: string | readonly string[];
  /** It is told of these modules alone. */
  modules?: readonly string[] | undefined;
  /** It is told of entries that have ended so. */
  outcomes?: readonly HistoryEntry['outcome'][] | undefined;
}

const nameForm = /^[\w-]{1,32}$/;
const secretForm = /^whsec_([A-Za-z0-9+/]+={0,2})$/;
const secretBytes = { least: 24, most: 64 };

/**
 * Whether it is a secret as Standard Webhooks has them: long enough that nobody guesses it, in the one way to write it.
 *
 * @internal
 */
export function isWebhookSecret(text: string): boolean {
  const base64 = secretForm.exec(text)?.[1];
  if (base64 === undefined) return false;
  const bytes = Buffer.from(base64, 'base64');
  const { least, most } = secretBytes;
  return bytes.length >= least && bytes.length <= most && bytes.toString('base64') === base64;
}

/**
 * Whether it is an address that can be called: by HTTP, and with nothing in it that would be a second secret.
 *
 * @internal
 */
export function isWebhookUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return ['http:', 'https:'].includes(protocol) && username === '' && password === '';
}

/** All by which its calls are signed. */
export const secretsOf = ({ secret }: Pick<WebhookOptions, 'secret'>): readonly string[] =>
  typeof secret === 'string' ? [secret] : secret;

/** What is wrong with them, in words that show neither address nor secret; `undefined`: nothing. `modules`: all that there are. Pure. */
export function problemOfWebhooks(
  webhooks: readonly WebhookOptions[],
  modules: readonly string[],
): string | undefined {
  const names = webhooks.map(({ name }) => name);
  const unnamed = names.find((name) => !nameForm.test(name));
  if (unnamed !== undefined) return `${unnamed}: a name of 1 to 32 letters, digits, _ or - is expected`;
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) return `${twice}: there are two of that name`;
  const problems = webhooks.map((each) => [each.name, problemOfOne(each, modules)] as const);
  const [name, problem] = problems.find(([, found]) => found !== undefined) ?? [];
  return problem && `${name}: ${problem}`;
}

function problemOfOne(webhook: WebhookOptions, modules: readonly string[]): string | undefined {
  const secrets = secretsOf(webhook);
  if (!isWebhookUrl(webhook.url))
    return 'a URL that begins with https:// or http:// and has no password is expected';
  if (secrets.length === 0 || !secrets.every(isWebhookSecret))
    return 'a secret is expected, whsec_ and 24 to 64 bytes in base64, as "openssl rand -base64 32" makes them';
  return problemOfWishes(webhook, modules);
}

/** One that is told of nothing looks like one that has nothing to tell. */
function problemOfWishes(wanted: WebhookOptions, modules: readonly string[]): string | undefined {
  if (wanted.modules?.length === 0)
    return 'it would be told of nothing: name a module, or leave `modules` out';
  if (wanted.outcomes?.length === 0)
    return 'it would be told of nothing: name an outcome, or leave `outcomes` out';
  const module = wanted.modules?.find((each) => !modules.includes(each));
  if (module !== undefined) return `there is no module ${module}${nearest(module, modules)}`;
  const unknown = wanted.outcomes?.find((each) => !outcomes.includes(each));
  return unknown && `there is no outcome ${unknown}: ${outcomes.join(', ')}`;
}

/** Where it is, for people: what stands behind a `?` may be a key. */
export function shownUrl({ url }: Pick<WebhookOptions, 'url'>): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** By which it is known that its address or its secret is another one; neither can be told from it. */
export const settingsHash = (webhook: WebhookOptions): string =>
  createHash('sha256')
    .update([...secretsOf(webhook), webhook.url].join(' '))
    .digest('hex')
    .slice(0, 32);
