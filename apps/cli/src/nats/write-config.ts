import { natsAuthorization, type NatsUser } from '#platform';
import { Failure } from 'nestjs-strangler/cli';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makeCertificate } from './certificate.js';

/** A server that is to be configured, and for whom. */
export interface ServerOrder {
  /** Is made; must not be there yet. */
  folder: string;
  /** As clients reach it; as `localhost` no other machine does. */
  host: string;
  port: number;
  namespace: string;
  users: readonly NatsUser[];
  /** Whether it runs JetStream, with a store in the folder. */
  jetStream: boolean;
}

/** What was written: how the server is started, and the settings of each program, by its user. */
export interface WrittenConfig {
  config: string;
  settings: Readonly<Record<string, string>>;
}

/**
 * Writes the configuration of a NATS server with TLS, its certificate, and for each user a file of settings with its password.
 * Only their owner may read them. @throws {Failure} when the folder is there: passwords in use would be lost
 */
export async function writeServerConfig(order: ServerOrder): Promise<WrittenConfig> {
  const folder = resolve(order.folder);
  await makeFolder(folder);
  try {
    return await fill(folder, order);
  } catch (error) {
    // Half of it would stand in the way of the next try.
    await rm(folder, { recursive: true });
    throw error;
  }
}

async function fill(folder: string, order: ServerOrder): Promise<WrittenConfig> {
  const [config, key, certificate] = ['nats.conf', 'server-key.pem', 'server.pem'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  await makeCertificate(order.host, { key, certificate });
  await chmod(key, 0o600);
  const logins = order.users.map((may) => ({
    name: may.name,
    password: randomBytes(24).toString('hex'),
    may,
  }));
  const settings: Record<string, string> = {};
  for (const { name, password } of logins) {
    settings[name] = join(folder, `${name}.env`);
    await writePrivately(settings[name], settingsOf(order, { name, password }, certificate));
  }
  const tls = `tls { cert_file: ${JSON.stringify(certificate)}, key_file: ${JSON.stringify(key)} }`;
  const listens = order.host === 'localhost' ? '127.0.0.1' : '0.0.0.0';
  // By default a client that was stopped would be given messages for minutes.
  const pings = ['ping_interval: "5s"', 'ping_max: 2'];
  const store = order.jetStream
    ? [`jetstream { store_dir: ${JSON.stringify(join(folder, 'jetstream'))} }`]
    : [];
  const address = `listen: "${listens}:${order.port}"`;
  const lines = [address, ...pings, tls, ...store, natsAuthorization(logins)];
  await writePrivately(config, `${lines.join('\n')}\n`);
  return { config, settings };
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Failure(
      code === 'EEXIST'
        ? `${folder} is there already, and what is in it may be in use: name another folder, or remove it`
        : `${folder} cannot be made (${code})`,
    );
  }
}

const settingsOf = (
  { host, port, namespace }: ServerOrder,
  { name, password }: { name: string; password: string },
  certificate: string,
): string =>
  [
    `NATS_URL=tls://${name}:${password}@${host}:${port}`,
    `NATS_TLS_CA=${certificate}`,
    `NAMESPACE=${namespace}`,
    '',
  ].join('\n');

const writePrivately = (path: string, text: string): Promise<void> =>
  writeFile(path, text, { mode: 0o600, flag: 'wx' });
