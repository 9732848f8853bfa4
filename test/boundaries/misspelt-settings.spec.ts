import { contracts } from '#contracts';
import { noteReads, type Environment } from '#platform';
import { readSettings as ofService } from '../../apps/extracted/src/config.js';
import { readSettings as ofGateway } from '../../apps/gateway/src/config.js';
import { readSettings as ofMonolith } from '../../apps/monolith/src/config.js';

/* All programs of a shop may share one environment, or one `.env`. */
const url = 'postgres://a:b@localhost/c';
const programs: Readonly<Record<string, (env: Environment) => unknown>> = {
  monolith: (env) => ofMonolith(env),
  gateway: (env) => ofGateway(env),
  ...Object.fromEntries(
    contracts.map(({ name: module }) => [module, (env: Environment) => ofService(env, [module])]),
  ),
};
const given = {
  ...{ DATABASE_URL: url, GATEWAY_DATABASE_URL: url, ADMIN_EMAIL: 'a@b', ADMIN_PASSWORD: 'long enough' },
  ...{
    USERS_DATABASE_URL: url,
    INVENTORY_DATABASE_URL: url,
    PAYMENTS_DATABASE_URL: url,
    ORDERS_DATABASE_URL: url,
    NOTIFICATIONS_DATABASE_URL: url,
  },
};

function namesOf(read: (env: Environment) => unknown): string[] {
  const names = new Set<string>();
  read(new Proxy<Environment>(given, { get: (env, name: string) => (names.add(name), env[name]) }));
  return [...names];
}

const all = Object.fromEntries(
  Object.values(programs)
    .flatMap(namesOf)
    .map((name) => [name, '']),
);

it.each(Object.keys(programs))(
  '%s takes no setting of another program for a misspelt one of its own',
  (program) => {
    const { env, misspelt } = noteReads({ ...all, ...given });
    programs[program]!(env);
    expect(Object.keys(all).length).toBeGreaterThan(40);
    expect(misspelt()).toEqual([]);
  },
);

it('what is misspelt is told by what is read, with no list of its own', () => {
  const { env, misspelt } = noteReads({ LEGACY_ULR: 'http://localhost:4000', RATE_PER_ADRESS: '1/s' });
  ofGateway(env);
  expect(misspelt()).toEqual([
    { name: 'LEGACY_ULR', meant: 'LEGACY_URL' },
    { name: 'RATE_PER_ADRESS', meant: 'RATE_PER_ADDRESS' },
  ]);
});
