import { Logger } from '@nestjs/common';
import { Controlled } from '../../support/controlled.js';
import { runCli } from '../../support/run-cli.js';
import { until } from '../../support/until.js';

/*
 * The monolith was lost, and an operator has said so in the database of the service; then it comes back. What could go wrong: it takes
 * writes beside the service; its controller moves keys back, because its row still says where the module was; its rows come over those
 * that were acknowledged since.
 */
let controlled: Controlled;

beforeEach(() => {
  jest.spyOn(Logger.prototype, 'log').mockReturnValue();
  jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  jest.spyOn(Logger.prototype, 'error').mockReturnValue();
});
afterEach(async () => {
  await controlled.close();
  jest.restoreAllMocks();
});

/** At 50 %, each side with rows; then the monolith is not there any more. */
async function atHalf(): Promise<void> {
  controlled = await Controlled.open();
  const controller = controlled.controller();
  controller.start();
  await controlled.want('shifting', 50);
  await controlled.reaches('shifting', 50);
  for (const side of ['monolith', 'extracted'] as const) await ownRows(side);
  await controlled.sides.drained();
  await controller.stop();
  controlled.sides.monolith.still = controlled.sides.extracted.still = true;
}

const codes = Array.from({ length: 12 }, (_, i) => `code-${i}`);
const put = (side: 'monolith' | 'extracted', code: string) =>
  controlled.sides[side].test.query(
    `insert into parcels.parcel values ($1, 1) on conflict (code) do update set weight = parcel.weight + 1`,
    [code],
  );
/** Writes what the side owns. */
async function ownRows(side: 'monolith' | 'extracted'): Promise<void> {
  const ended = await Promise.allSettled(codes.map((code) => put(side, code)));
  expect(ended.some(({ status }) => status === 'fulfilled')).toBe(true);
  expect(ended.some(({ status }) => status === 'rejected')).toBe(true);
}
const weights = (side: 'monolith' | 'extracted') =>
  controlled.sides[side].test.query('select code, weight from parcels.parcel order by code');

const failover = (...flags: string[]) =>
  runCli(['failover', 'parcels', ...flags, '--database-url', controlled.sides.extracted.test.url], {});

it('the monolith comes back: it gives way, its controller moves nothing, and doctor names what makes it the copy', async () => {
  await atHalf();
  const { sides } = controlled;
  // Written there when it was lost, and never sent: ack was not `both`, or it was degraded.
  const late = `late-${codes.length}`;
  await put('monolith', late).catch(() => put('monolith', `${late}-too`));
  const written = 'it stands in strangler.history of that database';
  expect(await failover('--i-have-fenced-it')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(written),
  });
  expect((await failover('--i-have-fenced-it')).stdout).not.toContain(written);
  const acknowledged = await Promise.all(codes.map((code) => put('extracted', code))).then(() =>
    weights('extracted'),
  );
  const [{ epoch }] = (await sides.extracted.test.query<{ epoch: number }>(
    'select epoch::int as epoch from strangler.ownership',
  )) as [{ epoch: number }];

  sides.monolith.still = sides.extracted.still = false;
  await sides.monolith.control.prove();
  for (const code of codes) await expect(put('monolith', code)).rejects.toMatchObject({ code: 'SR409' });
  const controller = controlled.controller();
  controller.start();
  const [finding] = await until('doctor names it', async () => {
    const found = await controller.operator.doctor('parcels');
    return found.some(({ problem }) => problem.includes('has taken over')) ? found : undefined;
  });
  expect(finding).toMatchObject({
    remedy: expect.stringMatching(/strangler rejoin parcels$/),
    repairable: false,
  });
  expect(await controlled.row()).toMatchObject({ phase: 'shifting', percent: 50, transition: null });

  const { plan } = await controller.operator.act(
    'parcels',
    { verb: 'rejoin' },
    { actor: 'ann', dryRun: false },
  );
  expect(plan).toContain('phase extracted');
  await controlled.reaches('extracted');
  await until('the copy is filled', async () =>
    (await controlled.differences()).length === 0 ? true : undefined,
  );
  expect(await weights('extracted')).toEqual(acknowledged);
  expect(await sides.extracted.test.query('select epoch::int as epoch from strangler.ownership')).toEqual([
    { epoch },
  ]);
  const given = await sides.monolith.test.query<{ key: string }>('select key from strangler.given_up');
  expect(given).toEqual([{ key: expect.stringContaining('late') }]);
  // This test's own writes come past the port.
  const found = await controller.operator.doctor('parcels');
  expect(found.filter(({ problem }) => !problem.includes('went past the port'))).toEqual([]);
});

it('who asks a monolith that is not there is told of the database of the service', async () => {
  await atHalf();
  const nobody = { ADMIN_URL: 'http://127.0.0.1:9', ADMIN_TOKEN: 'x' };
  for (const verb of ['failover', 'serve-unproven'])
    expect(await runCli([verb, 'parcels', '--dry-run'], nobody)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/"npm start".*--database-url postgres:/),
    });
});
