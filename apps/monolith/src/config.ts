import {
  choiceSetting,
  directNameOf,
  gatewayAdminSetting,
  listenerSettings,
  natsSettings,
  pathSetting,
  requireServers,
  paymentsSetting,
  mailSetting,
  portSetting,
  SettingsError,
  textSetting,
  retentionSetting,
  webhookSetting,
  operatorSetting,
  type OperatorToken,
  witnessSetting,
  databaseSetting,
  type Environment,
  type ListenerSettings,
  type NatsSettings,
  type PaymentsProvider,
  type MailServerSettings,
} from '#platform';
import { defaultRetention, leastResultsMs, type Retention, type WebhookOptions } from 'nestjs-strangler';

/** The monolith's settings (README, "Settings"). */
export interface Settings extends ListenerSettings {
  port: number;
  adminPort: number;
  /** Where routes of the edge are moved, for the operator's page to lead there. */
  gatewayPage: URL;
  /** `undefined`: the embedded PostgreSQL. */
  databaseUrl: string | undefined;
  /** Where `databaseUrl` leads through a pooler: the server itself. */
  directUrl: string | undefined;
  nats: NatsSettings;
  /** Where it is kept, outside of the database, what that has had confirmed. */
  witness: string;
  /** How long records of commands and of the move are kept. */
  retention: Retention;
  /** Whether modules tell events: `off` while processes of a release run beside this one that does not know them. */
  events: 'on' | 'off';
  wishesPath: string;
  /** What operators see of where it runs; `undefined`: nothing. */
  environment: string | undefined;
  admin: { email: string; password: string } | undefined;
  /** Whether to load the sample shop: by default with the embedded database only. */
  sample: boolean;
  /** By default test tokens are taken with the embedded database or the sample only. */
  payments: PaymentsProvider;
  /** `undefined`: mails stay in the outbox of notifications. */
  mail: MailServerSettings | undefined;
  /** Who gets into the admin listener by a token, beside those who have an account. */
  operators: readonly OperatorToken[];
  /** Who is told of what happens to modules. */
  webhooks: readonly WebhookOptions[];
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
  return {
    ...listenerSettings(env, databaseUrl),
    port: portSetting(env, 'PORT', 3000),
    adminPort: portSetting(env, 'ADMIN_PORT', 3001),
    gatewayPage: new URL(gatewayAdminSetting(env)),
    databaseUrl,
    directUrl: databaseUrl && databaseSetting(env, directNameOf('DATABASE_URL')),
    nats,
    witness: witnessSetting(env),
    retention: retentionSetting(env, defaultRetention, leastResultsMs),
    events: choiceSetting(env, 'EVENTS', ['on', 'off'], 'on'),
    environment: textSetting(env, 'ENVIRONMENT'),
    wishesPath: pathSetting(env, 'STRANGLER_CONFIG', 'strangler.yaml'),
    admin: adminAccount(env, databaseUrl !== undefined),
    sample,
    payments: paymentsSetting(env, { tryingOut: sample || databaseUrl === undefined }),
    mail: mailSetting(env),
    operators: operatorSetting(env),
    webhooks: webhookSetting(env),
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
