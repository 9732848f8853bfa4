import { X509Certificate } from 'node:crypto';
import { copiesSetting } from '#edge';
import {
  choiceSetting,
  countSetting,
  directNameOf,
  durationSetting,
  fileSetting,
  listenerSettings,
  natsSettings,
  operatorSetting,
  pathSetting,
  portSetting,
  requireServers,
  retentionSetting,
  SettingsError,
  shareSetting,
  textSetting,
  databaseSetting,
  type AddressShare,
  type Environment,
  type ListenerSettings,
  type NatsSettings,
  type OperatorToken,
} from '#platform';
import { defaultRetention, leastResultsMs, type Retention } from 'nestjs-strangler';

/** The gateway's settings (README, "Settings"). */
export interface Settings extends ListenerSettings {
  port: number;
  adminPort: number;
  /** `undefined`: a database on the embedded PostgreSQL. */
  databaseUrl: string | undefined;
  /** Where `databaseUrl` leads through a pooler: the server itself. */
  directUrl: string | undefined;
  /** Whether modules of a shop stand behind, over NATS; `none`: an application that is not ours alone. */
  modules: 'all' | 'none';
  nats: NatsSettings;
  /** Who may look at routes and move them, beside the operators of the shop. */
  operators: readonly OperatorToken[];
  /** Public answers are given again for so long, in ms; 0: never. And so old at most in the place of a module that is away. */
  cache: { freshMs: number; staleMs: number };
  /** Of `strangler.yaml`, for the routes of the edge. */
  stranglerConfig: string;
  /** How long the history of routes and samples are kept. */
  kept: Retention;
  /** Copies of the application that everything goes to for which there is no route, `http://10.0.0.7:4000`; `undefined`: that is 404. */
  legacy: readonly string[] | undefined;
  upstreams: UpstreamSettings;
}

/** Applications behind the gateway: that one, and those of routes. */
export interface UpstreamSettings {
  /** What checks of health ask for. */
  checkPath: string;
  /** What those that speak HTTPS have their certificates from, in PEM; `undefined`: whom Node knows. */
  ca: string | undefined;
  times: {
    /** So long no byte may move, in ms. */
    idleMs: number;
    /** So long a request may take, its body and its answer included, in ms. */
    totalMs: number;
    /** So long until another copy is asked, in ms; `undefined`: for ever. */
    tryMs: number | undefined;
    /** Clients that are slower are not waited for. */
    leastRate: { overMs: number; bytesPerS: number };
  };
  /** Requests of one address that are passed on at the same time; `undefined`: as many as it likes. */
  perAddress: AddressShare | undefined;
}

/** What `--help` prints. */
export const usage = `usage: npm run start:gateway

Opens the API alone: whatever modules the shop has and wherever they are, it calls them over NATS. With MODULES=none there is no
shop: everything goes to LEGACY_URL, and to the routes of strangler.yaml.
Settings: PORT, HOST, ADMIN_PORT, MODULES, GATEWAY_DATABASE_URL, NATS_URL, CACHE, LEGACY_URL, ADMIN_TOKEN, … (docs/gateway.md).`;

/** Reads the settings. @throws {SettingsError} naming the first wrong one. */
export function readSettings(env: Environment): Settings {
  const name = 'GATEWAY_DATABASE_URL';
  const databaseUrl = databaseSetting(env, name);
  const nats = natsSettings(env);
  const modules = choiceSetting(env, 'MODULES', ['all', 'none'], 'all');
  requireServers(env, { [name]: databaseUrl, ...(modules === 'all' && { NATS_URL: nats.url }) });
  const port = portSetting(env, 'PORT', 8080);
  return {
    ...listenerSettings(env, databaseUrl),
    port,
    // Also as the command line has it: beside a shop they may share a .env.
    adminPort: portSetting(env, 'GATEWAY_ADMIN_PORT', portSetting(env, 'ADMIN_PORT', 3002)),
    databaseUrl,
    directUrl: databaseUrl && databaseSetting(env, directNameOf(name)),
    modules,
    nats,
    operators: operatorSetting(env),
    cache: {
      freshMs: durationSetting(env, 'CACHE', 1_000),
      staleMs: durationSetting(env, 'CACHE_STALE', 300_000),
    },
    stranglerConfig: pathSetting(env, 'STRANGLER_CONFIG', 'strangler.yaml'),
    kept: retentionSetting(env, defaultRetention, leastResultsMs),
    legacy: legacySetting(env, port),
    upstreams: upstreamSettings(env),
  };
}

const leastMs = 1_000;

const upstreamSettings = (env: Environment): UpstreamSettings => ({
  checkPath: targetSetting(env, 'LEGACY_CHECK', '/'),
  ca: authoritySetting(env, 'LEGACY_TLS_CA'),
  times: {
    idleMs: Math.max(leastMs, durationSetting(env, 'LEGACY_IDLE', 60_000)),
    totalMs: Math.max(leastMs, durationSetting(env, 'LEGACY_TOTAL', 600_000)),
    tryMs: durationSetting(env, 'LEGACY_TRY', 10_000) || undefined,
    leastRate: { overMs: 20_000, bytesPerS: countSetting(env, 'LEGACY_LEAST_RATE', 1_000_000, 500) },
  },
  // A quarter of the connections to a copy.
  perAddress: shareSetting(env, 'LEGACY_PER_ADDRESS', 32),
});

/** A gateway that passes on to itself would hold all of its connections for one request. */
function legacySetting(env: Environment, port: number): readonly string[] | undefined {
  const copies = copiesSetting(env, 'LEGACY_URL');
  const itself = copies?.find((copy) => isOwn(new URL(copy), port));
  if (itself === undefined) return copies;
  throw new SettingsError(
    `LEGACY_URL: ${itself} is this gateway itself (PORT=${port}); name the application`,
  );
}

const isOwn = ({ hostname, port, protocol }: URL, own: number): boolean =>
  /^(localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0)$/.test(hostname) &&
  Number(port || (protocol === 'https:' ? 443 : 80)) === own;

function targetSetting(env: Environment, name: string, fallback: string): string {
  const path = textSetting(env, name) ?? fallback;
  if (/^\/(?!\/)[!-~]*$/.test(path)) return path;
  throw new SettingsError(`${name}=${path}: a path as /health is expected`);
}

function authoritySetting(env: Environment, name: string): string | undefined {
  const pem = fileSetting(env, name);
  if (pem === undefined || hasCertificates(pem)) return pem;
  throw new SettingsError(`${name}=${env[name]}: a file with certificates in PEM is expected`);
}

/** Whether there are some, and each can be read: TLS looks at them no sooner than an upstream shows its own. */
function hasCertificates(pem: string): boolean {
  const all = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const each of all) new X509Certificate(each);
  } catch {
    return false;
  }
  return all.length > 0;
}
