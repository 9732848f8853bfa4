import { readFileSync } from 'node:fs';
import { credsAuthenticator, type ConnectionOptions } from '@nats-io/transport-node';
import { SettingsError, textSetting, urlSetting, type Environment } from './settings.js';

/** How to reach NATS; without a URL the embedded one is started when it is needed. */
export interface NatsSettings {
  url: string | undefined;
  /** Credentials and TLS. */
  options: Omit<ConnectionOptions, 'servers'>;
}

/** Reads `NATS_URL`, `NATS_CREDS` and `NATS_TLS_CA`/`_CERT`/`_KEY` (paths of PEM files). @throws {SettingsError} */
export function natsSettings(env: Environment): NatsSettings {
  const creds = fileSetting(env, 'NATS_CREDS');
  const ca = fileSetting(env, 'NATS_TLS_CA');
  const cert = fileSetting(env, 'NATS_TLS_CERT');
  const key = fileSetting(env, 'NATS_TLS_KEY');
  const tls =
    ca || cert || key ? { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) } : undefined;
  return {
    url: urlSetting(env, 'NATS_URL', ['nats', 'tls', 'ws', 'wss']),
    options: {
      ...(creds && { authenticator: credsAuthenticator(new TextEncoder().encode(creds)) }),
      ...(tls && { tls }),
    },
  };
}

function fileSetting(env: Environment, name: string): string | undefined {
  const path = textSetting(env, name);
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new SettingsError(`${name}=${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** Connection options for a URL as the settings or the embedded server give it: the client wants credentials apart. */
export function natsConnection(url: string, options: NatsSettings['options']): ConnectionOptions {
  const { username, password, host, protocol } = new URL(url);
  const servers = `${protocol}//${host}`;
  if (!username) return { ...options, servers };
  const name = decodeURIComponent(username);
  return password
    ? { ...options, servers, user: name, pass: decodeURIComponent(password) }
    : { ...options, servers, token: name };
}
