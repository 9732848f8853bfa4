import { packageVersion, SettingsError, type Environment } from '#platform';
import { Misuse, type Access, type Application, type KnownContracts } from 'nestjs-strangler/cli';
import { allContracts } from './boundaries/contracts.js';
import { readSettings } from './config.js';
import { inMonolithDatabase } from './monolith-database.js';
import { LogIn } from './log-in.js';
import { boundaries } from './verbs/boundaries.js';
import { natsConfig } from './verbs/nats-config.js';

/** What the toolkit's command line knows of the shop: where it is, who its operators are, and what it has beside modules. */
export const shop: Application = {
  program: 'npm run -s strangler --',
  version: packageVersion(),
  settings: `Settings: ADMIN_URL or ADMIN_PORT (3001), SHOP_URL or PORT (3000). It logs in as the admin of DATA_DIR (.data),
or with ADMIN_EMAIL and ADMIN_PASSWORD, or takes ADMIN_TOKEN. NO_COLOR is honoured.
What begins with / is a route of the edge, which a gateway moves: GATEWAY_ADMIN_URL or GATEWAY_ADMIN_PORT (3002).
MODULES=none: there is a gateway, and no shop; ADMIN_TOKEN is one that it was started with.
Exit code: 0 done; 1 refused, failed, or found what must not be; 2 wrong usage.`,
  verbs: [boundaries, natsConfig],
  access,
  contracts: knownContracts,
};

/** Loaded when they are needed: no other verb is to wait for them. */
async function knownContracts(): Promise<KnownContracts> {
  const { calls, callers } = await import('#contracts');
  const contracts = await allContracts();
  return { contracts, calls: { ...calls, ...callers }, title: 'The shop', version: packageVersion() };
}

function access(env: Environment): Access {
  const settings = settingsIn(env);
  return {
    modules: {
      url: settings.adminUrl,
      name: 'the shop',
      start: 'start the shop with "npm start"',
      setting: 'ADMIN_PORT or ADMIN_URL',
      absent:
        'there is no shop here (MODULES=none), so there are no modules; routes of the gateway begin with /, as /catalogue',
    },
    routes: {
      url: settings.gatewayUrl,
      name: 'the gateway',
      start: 'start the gateway with "npm run start:gateway"',
      setting: 'GATEWAY_ADMIN_PORT or GATEWAY_ADMIN_URL',
      absent: '',
    },
    session: new LogIn(settings),
    inDatabase: (work, say) => inMonolithDatabase(settings, say, work),
  };
}

function settingsIn(env: Environment) {
  try {
    return readSettings(env);
  } catch (error) {
    throw error instanceof SettingsError ? new Misuse(error.message) : error;
  }
}
