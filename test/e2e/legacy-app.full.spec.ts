import { writeFile } from 'node:fs/promises';
import { behavesAsASite } from '../../examples/legacy-app/test/behaviour.js';
import { startNats, type TestNats } from '../support/nats.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { endAllPrograms, startProgram } from '../support/programs.js';
import { makeSetup, openGateway, type OpenShop, type ShopSetup } from '../support/shop.js';
import { until } from '../support/until.js';

/*
 * The application of examples/legacy-app behind the gateway (docs/strangling-a-legacy-app.md): what it promises its visitors holds wherever
 * its routes are answered, by itself or by the modules that replace it. What would go wrong: a redirect that leads to the machine behind, a cookie that is lost, half an upload, a
 * session that the modules do not know.
 */
const moving = ['/catalogue', '/reports', '/account', '/basket'];

let nats: TestNats;
let setup: ShopSetup;
let own: TestDatabase;
let theirs: TestDatabase;
let upstreams: { legacy: string; new: string };
let gateway: OpenShop;

beforeAll(async () => {
  [nats, own, theirs] = await Promise.all([startNats(), freshDatabase(), freshDatabase()]);
  setup = await makeSetup(nats.url);
  const [legacy, next] = await Promise.all(['src', 'next'].map(open));
  upstreams = { legacy: legacy!, new: next! };
  await want(0);
  gateway = await openGateway(setup, own.url, { LEGACY_URL: upstreams.legacy });
}, 120_000);
afterAll(async () => {
  endAllPrograms();
  await nats.stop();
  await Promise.all([setup.drop(), own.drop(), theirs.drop()]);
});

async function open(folder: string): Promise<string> {
  const program = startProgram(`examples/legacy-app/${folder}/main.js`, [], {
    ...{ PORT: '0', DATABASE_URL: theirs.url, SESSION_SECRET: 'for a test' },
  });
  return (await program.printed(/open: (\S+)/))[1]!;
}

async function want(percent: number): Promise<void> {
  const lines = moving.map(
    (path) =>
      `  - { path: ${path}, upstreams: { legacy: '${upstreams.legacy}', new: '${upstreams.new}' }, percent: ${percent}, ` +
      'sharedStore: true, ramp: [100], bake: 0s, gates: { minSamples: 0 } }',
  );
  await writeFile(setup.env.STRANGLER_CONFIG!, `modules: {}\nedge:\n${lines.join('\n')}\n`);
}

const sharesOf = () => own.query<{ percent: number }>('select percent from gateway.edge_routes');

/** Who has answered so many visitors, none of whom is known. */
async function sidesOf(path: string): Promise<Set<string | null>> {
  const answers = await Promise.all(Array.from({ length: 40 }, () => fetch(gateway.url + path)));
  return new Set(answers.map(({ headers }) => headers.get('x-served-by')));
}

describe.each([
  [0, ['/catalogue=legacy']],
  [50, ['/catalogue=legacy', 'catalogue=monolith, /catalogue=new']],
  [100, ['catalogue=monolith, /catalogue=new']],
])('with four routes at %i %%', (percent, sides) => {
  beforeAll(async () => {
    await want(percent);
    await until(`the routes are at ${percent} %`, async () => {
      const rows = await sharesOf();
      return rows.length === moving.length && rows.every((row) => row.percent === percent) ? true : undefined;
    });
  });

  it('visitors are answered by whom they should be', async () => {
    await until('it has been heard', async () => {
      const seen = [...(await sidesOf('/catalogue/H1000'))].sort();
      return JSON.stringify(seen) === JSON.stringify(sides) ? true : undefined;
    });
  });

  behavesAsASite(() => gateway.url);
});
