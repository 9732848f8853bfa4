import { contracts } from '#contracts';
import {
  choiceSetting,
  directNameOf,
  healthSetting,
  logLevels,
  natsSettings,
  paymentsSetting,
  mailSetting,
  requireServers,
  SettingsError,
  textSetting,
  retentionSetting,
  witnessSetting,
  databaseSetting,
  type Environment,
  type HealthAddress,
  type LogLevel,
  type NatsSettings,
  type PaymentsProvider,
  type MailServerSettings,
  type TracingSetting,
  tracingSetting,
} from '#platform';
import { defaultRetention, leastResultsMs, type Retention } from 'nestjs-strangler';

export type ModuleName = (typeof contracts)[number]['name'];
const names = contracts.map(({ name }) => name);

/** The setting that names a module's database. */
export const databaseSettingOf = (module: ModuleName): string => `${module.toUpperCase()}_DATABASE_URL`;

/** The settings of an extracted service (README, "Settings"). */
export interface Settings {
  module: ModuleName;
  /** `undefined`: a database of its own on the embedded PostgreSQL. */
  databaseUrl: string | undefined;
  /** Where `databaseUrl` leads through a pooler: the server itself. */
  directUrl: string | undefined;
  /** Of the module payments: by default test tokens are taken with the embedded database only. */
  payments: PaymentsProvider;
  /** Of the module notifications; `undefined`: mails stay in its outbox. */
  mail: MailServerSettings | undefined;
  nats: NatsSettings;
  dataDir: string;
  /** Where it is kept, outside of the database, what that has had confirmed. */
  witness: string;
  /** How long records of commands and of the move are kept. */
  retention: Retention;
  /** Whether modules tell events: `off` while processes of a release run beside this one that does not know them. */
  events: 'on' | 'off';
  logLevel: LogLevel;
  /** `undefined`: nobody is sent spans. */
  tracing: TracingSetting | undefined;
  health: HealthAddress;
}

/** What `--help` prints. */
export const usage = `usage: npm run start:extracted -- <module>      (or MODULE=<module>)

Serves one module from its own database, over NATS. Modules: ${names.join(', ')}.
Settings: <MODULE>_DATABASE_URL, NATS_URL, HEALTH_PORT, HOST, DATA_DIR, LOG_LEVEL (README.md, "Settings").`;

/** Reads the settings; the module is the first argument, else `MODULE`. @throws {SettingsError} naming the first wrong one. */
export function readSettings(env: Environment, args: readonly string[]): Settings {
  const module = moduleOf(args[0] ?? textSetting(env, 'MODULE'));
  const setting = databaseSettingOf(module);
  const databaseUrl = databaseSetting(env, setting);
  const nats = natsSettings(env);
  requireServers(env, { [setting]: databaseUrl, NATS_URL: nats.url });
  return {
    module,
    databaseUrl,
    directUrl: databaseUrl && databaseSetting(env, directNameOf(setting)),
    payments: paymentsSetting(env, { tryingOut: databaseUrl === undefined }),
    mail: mailSetting(env),
    nats,
    dataDir: textSetting(env, 'DATA_DIR') ?? '.data',
    witness: witnessSetting(env),
    retention: retentionSetting(env, defaultRetention, leastResultsMs),
    events: choiceSetting(env, 'EVENTS', ['on', 'off'], 'on'),
    logLevel: choiceSetting(env, 'LOG_LEVEL', logLevels, 'info'),
    tracing: tracingSetting(env),
    health: healthSetting(env),
  };
}

function moduleOf(name: string | undefined): ModuleName {
  const known = names.find((one) => one === name);
  if (known !== undefined) return known;
  const said = name === undefined ? 'no module is named' : `there is no module "${name}"`;
  throw new SettingsError(
    `${said}: npm run start:extracted -- <module>, or MODULE=<module>; one of ${names.join(', ')}`,
  );
}
