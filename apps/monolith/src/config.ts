import {
  choiceSetting,
  connectionSettings,
  corsSetting,
  countSetting,
  directNameOf,
  durationSetting,
  healthSetting,
  identitySetting,
  logLevels,
  natsSettings,
  pathSetting,
  requireServers,
  paymentsSetting,
  portSetting,
  rateSettings,
  SettingsError,
  textSetting,
  retentionSetting,
  witnessSetting,
  databaseSetting,
  tlsSetting,
  type Certificate,
  type ConnectionSettings,
  type Environment,
  type HealthAddress,
  type IdentitySetting,
  type LogLevel,
  type NatsSettings,
  type PaymentsProvider,
  type RateSettings,
} from '#platform';
import { defaultRetention, leastResultsMs, type Retention } from 'nestjs-strangler';

/** The monolith's settings (README, "Settings"). */
export interface Settings {
  port: number;
  /** The address that the shop listens at; `undefined`: all of the machine's. */
  host: string | undefined;
  /** `undefined`: it speaks HTTP, and TLS ends before it. */
  certificate: Certificate | undefined;
  adminPort: number;
  /** `undefined`: the embedded PostgreSQL. */
  databaseUrl: string | undefined;
  /** Where `databaseUrl` leads through a pooler: the server itself. */
  directUrl: string | undefined;
  nats: NatsSettings;
  dataDir: string;
  /** Where it is kept, outside of the database, what that has had confirmed. */
  witness: string;
  /** How long records of commands and of the move are kept. */
  retention: Retention;
  wishesPath: string;
  logLevel: LogLevel;
  /** For so long it goes on, in ms, once it is told to stop and says that it is not ready. */
  drainMs: number;
  /** Without a port: none but the admin listener's. */
  health: HealthAddress;
  /** Origins whose pages may ask from a browser. */
  origins: readonly string[];
  /** Writes a line a request. */
  accessLog: boolean;
  /** Names the sides that worked on a request in `X-Served-By`. */
  servedBy: boolean;
  /** Proxies before this process: whose word on a client's address is taken. */
  proxies: number;
  /** What the listener grants to those who connect. */
  connections: ConnectionSettings;
  identityProvider: IdentitySetting | undefined;
  /** How many requests are taken: by address, user and route. */
  rates: RateSettings;
  /** As many commands under way, and lists are refused; 0: never. */
  shedListsAt: number;
  admin: { email: string; password: string } | undefined;
  /** Whether to load the sample shop: by default with the embedded database only. */
  sample: boolean;
  /** By default test tokens are taken with the embedded database or the sample only. */
  payments: PaymentsProvider;
}

/** What `--help` prints. */
export const usage = `usage: npm start

Opens the shop, with all modules in one process but those that strangler.yaml sends elsewhere.
Settings: PORT, HOST, ADMIN_PORT, DATABASE_URL, NATS_URL, STRANGLER_CONFIG, DATA_DIR, LOG_LEVEL, … (README.md, "Settings").`;

/** Reads the settings. @throws {SettingsError} naming the first wrong one. */
export function readSettings(env: Environment): Settings {
  const databaseUrl = databaseSetting(env, 'DATABASE_URL');
  const nats = natsSettings(env);
  requireServers(env, { DATABASE_URL: databaseUrl, NATS_URL: nats.url });
  const sample = choiceSetting(env, 'SAMPLE', ['on', 'off'], databaseUrl ? 'off' : 'on') === 'on';
  const proxies = countSetting(env, 'TRUST_PROXY', 10, 0);
  return {
    port: portSetting(env, 'PORT', 3000),
    // Who tries the shop out means himself; who gives it a database means others.
    host: textSetting(env, 'HOST') ?? (databaseUrl ? undefined : '127.0.0.1'),
    certificate: tlsSetting(env),
    adminPort: portSetting(env, 'ADMIN_PORT', 3001),
    databaseUrl,
    directUrl: databaseUrl && databaseSetting(env, directNameOf('DATABASE_URL')),
    nats,
    dataDir: textSetting(env, 'DATA_DIR') ?? '.data',
    witness: witnessSetting(env),
    retention: retentionSetting(env, defaultRetention, leastResultsMs),
    wishesPath: pathSetting(env, 'STRANGLER_CONFIG', 'strangler.yaml'),
    logLevel: choiceSetting(env, 'LOG_LEVEL', logLevels, 'info'),
    proxies,
    connections: connectionSettings(env, proxies),
    drainMs: durationSetting(env, 'DRAIN', 0),
    health: healthSetting(env),
    origins: corsSetting(env),
    accessLog: choiceSetting(env, 'ACCESS_LOG', ['on', 'off'], 'on') === 'on',
    servedBy: choiceSetting(env, 'SERVED_BY_HEADER', ['on', 'off'], 'on') === 'on',
    identityProvider: identitySetting(env),
    rates: rateSettings(env),
    // A quarter of the connections that are taken.
    shedListsAt: countSetting(env, 'SHED_LISTS_AT', 100_000, 250),
    admin: adminAccount(env, databaseUrl !== undefined),
    sample,
    payments: paymentsSetting(env, { tryingOut: sample || databaseUrl === undefined }),
  };
}

/** As the contract of users wants it of everybody who registers. */
const leastPassword = 8;

function adminAccount(env: Environment, required: boolean): Settings['admin'] {
  const email = textSetting(env, 'ADMIN_EMAIL');
  const password = textSetting(env, 'ADMIN_PASSWORD');
  if (password && password.length < leastPassword)
    throw new SettingsError(`ADMIN_PASSWORD: at least ${leastPassword} characters, as of any customer`);
  if (email && password) return { email, password };
  if (!email && !password && !required) return undefined;
  throw new SettingsError('ADMIN_EMAIL and ADMIN_PASSWORD: both are required when DATABASE_URL is set');
}
