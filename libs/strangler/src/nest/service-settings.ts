import { natsConnection } from '../nats/connection.js';
import { StartError } from '../operate/health/start-error.js';
import type { WiringOptions } from './options.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a service is told by its environment. */
interface ServiceSettings extends WiringOptions {
  database: string;
  nats: NonNullable<WiringOptions['nats']>;
}

/** What is in a setting, or why that cannot be used. */
type Read<T> = { value: T; problem?: undefined } | { value?: undefined; problem: string };

/** Reads the settings of a service; those that are `given` are not asked for. @throws {StartError} with all that is wrong. */
export function settingsIn(
  given: Partial<Record<'database' | 'nats', unknown>>,
  env: Environment = process.env,
): ServiceSettings {
  const text = (name: string) => env[name]?.trim() || undefined;
  const database = urlIn(text('DATABASE_URL'), ['postgres', 'postgresql']);
  const server = natsUrl(text('NATS_URL'));
  const port = portIn(text('HEALTH_PORT'));
  const problems = [
    ...(given.database === undefined && database.problem ? [`DATABASE_URL: ${database.problem}`] : []),
    ...(given.nats === undefined && server.problem ? [`NATS_URL: ${server.problem}`] : []),
    ...(port.problem ? [`HEALTH_PORT=${text('HEALTH_PORT')}: ${port.problem}`] : []),
  ];
  if (problems.length > 0) throw new StartError(problems.join('\n'));
  return {
    database: database.value ?? '',
    nats: { connection: server.value ? natsConnection(server.value) : {}, namespace: text('NAMESPACE') },
    direct: text('DIRECT_DATABASE_URL'),
    witness: text('WITNESS_FILE'),
    health: { host: text('HOST') ?? '127.0.0.1', port: port.value },
  };
}

/** The URL of a NATS server. */
export const natsUrl = (text: string | undefined): Read<string> => urlIn(text, ['nats', 'tls']);

/** It may hold a password, so nobody is shown it. */
function urlIn(text: string | undefined, schemes: readonly string[]): Read<string> {
  if (text !== undefined && URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1)))
    return { value: text };
  return {
    problem: `a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')} is expected`,
  };
}

function portIn(text: string | undefined): Read<number | undefined> {
  const port = text === undefined ? undefined : Number(text);
  if (port === undefined || (Number.isInteger(port) && port >= 0 && port <= 65_535)) return { value: port };
  return { problem: 'a port number from 0 to 65535 is expected' };
}
