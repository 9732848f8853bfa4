import type { WebhookOptions } from 'nestjs-strangler';
import { isWebhookSecret, isWebhookUrl } from 'nestjs-strangler/internal';
import { SettingsError, textSetting, type Environment } from './settings.js';

/**
 * Who is told of what happens to modules: `WEBHOOKS` (`chat=https://chat.example/hooks, pager=https://pager.example/`), signed by
 * `WEBHOOK_SECRET`, or by several with commas, while one is replaced. @throws {SettingsError}, which shows neither: an address may be as good as a key
 */
export function webhookSetting(env: Environment): WebhookOptions[] {
  const text = textSetting(env, 'WEBHOOKS');
  const secrets = textSetting(env, 'WEBHOOK_SECRET')
    ?.split(',')
    .map((each) => each.trim());
  if (secrets?.every(isWebhookSecret) === false)
    throw new SettingsError(
      'WEBHOOK_SECRET: whsec_ and 24 to 64 bytes in base64 are expected, as echo "whsec_$(openssl rand -base64 32)" makes them; ' +
        'several with commas, while one is replaced',
    );
  if (text === undefined) return [];
  const found = text.split(',').map((each) => /^([\w-]{1,32})=(\S+)$/.exec(each.trim()));
  const named = found.flatMap((each) =>
    each && isWebhookUrl(each[2]!) ? [[each[1]!, each[2]!] as const] : [],
  );
  if (named.length < found.length || new Set(named.map(([name]) => name)).size < named.length)
    throw new SettingsError(
      'WEBHOOKS: names and URLs are expected, each name once, as chat=https://chat.example/hooks, pager=https://pager.example/hooks; ' +
        'a URL has no user and no password, and a comma in it is %2C',
    );
  if (secrets === undefined)
    throw new SettingsError(
      'WEBHOOK_SECRET: what WEBHOOKS are told has to be signed; a receiver needs it as well',
    );
  const [secret = '', ...more] = secrets;
  return named.map(([name, url]) => ({ name, url, secret: more.length > 0 ? secrets : secret }));
}
