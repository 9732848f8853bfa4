import { credsAuthenticator, type ConnectionOptions } from '@nats-io/transport-node';
import type { EventStreamOptions } from 'nestjs-strangler';
import { eventStreamSetting } from './event-stream-setting.js';
import {
  choiceSetting,
  fileSetting,
  SettingsError,
  textSetting,
  urlSetting,
  type Environment,
} from './settings.js';

/** How to reach NATS, and what is told there; without a URL the embedded one is started when it is needed. */
export interface NatsSettings {
  url: string | undefined;
  /** What all subjects of the shop begin with: several shops may share a NATS. */
  namespace: string;
  /** Where outsiders are told of events; `undefined`: nowhere. */
  eventStream: EventStreamOptions | undefined;
  /** Credentials and TLS. */
  options: Omit<ConnectionOptions, 'servers'>;
}

/**
 * Reads `NATS_URL`, `NAMESPACE`, `NATS_CREDS` and `NATS_TLS_CA`/`_CERT`/`_KEY` (paths of PEM files), and where outsiders are told of events.
 * @throws {SettingsError} also for a server elsewhere without TLS, unless `NATS_ALLOW_PLAINTEXT` is `yes`
 */
export function natsSettings(env: Environment): NatsSettings {
  const url = natsUrl(env);
  const creds = fileSetting(env, 'NATS_CREDS');
  const tls = tlsOptions(env, url);
  if (url !== undefined && !tls) assertMayBePlain(env, new URL(url));
  return {
    url,
    namespace: namespaceSetting(env),
    eventStream: eventStreamSetting(env),
    options: {
      ...(creds && { authenticator: credsAuthenticator(new TextEncoder().encode(creds)) }),
      ...(tls && { tls }),
    },
  };
}

function natsUrl(env: Environment): string | undefined {
  if (/^wss?:/i.test(env['NATS_URL']?.trim() ?? '')) {
    throw new SettingsError(
      'NATS_URL: over WebSocket no program here connects; use the address of a server for clients, nats:// or tls://',
    );
  }
  return urlSetting(env, 'NATS_URL', ['nats', 'tls']);
}

/** `NAMESPACE`: what all subjects of the shop begin with. @throws {SettingsError} */
export function namespaceSetting(env: Environment): string {
  const name = textSetting(env, 'NAMESPACE') ?? 'shop';
  if (/^[a-z0-9-]{1,32}$/.test(name)) return name;
  throw new SettingsError(`NAMESPACE=${name}: 1 to 32 lower-case letters, digits or hyphens are expected`);
}

/** With options a client speaks TLS or not at all; `undefined`: it may speak without. */
function tlsOptions(env: Environment, url: string | undefined): ConnectionOptions['tls'] | undefined {
  const ca = fileSetting(env, 'NATS_TLS_CA');
  const cert = fileSetting(env, 'NATS_TLS_CERT');
  const key = fileSetting(env, 'NATS_TLS_KEY');
  const wanted = ca || cert || key || (url && new URL(url).protocol === 'tls:');
  return wanted ? { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) } : undefined;
}

/** Passwords and customers' data would pass in clear. */
function assertMayBePlain(env: Environment, { hostname }: URL): void {
  const allowed = choiceSetting(env, 'NATS_ALLOW_PLAINTEXT', ['yes', 'no'], 'no') === 'yes';
  if (allowed || hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)) return;
  throw new SettingsError(
    `NATS_URL: ${hostname} is another machine, and what is said to it could be read on the way: use tls://, or where the network is safe set NATS_ALLOW_PLAINTEXT=yes`,
  );
}
