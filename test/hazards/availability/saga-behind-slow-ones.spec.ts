import { SagaRecovery } from '#strangler/calls/sagas/recovery';
import { held } from '../../support/bank.js';
import type { Ask } from '../../support/toy.js';
import { toyDesk } from '../../support/toy-desk.js';
import { till } from '../../support/toy-modules.js';
import { until } from '../../support/until.js';

/*
 * More sagas wait for a provider that does not answer than are taken up at a time. Whatever is due behind them, an order that
 * has to give its stock back, goes on all the same.
 */
const desk = toyDesk();
const slow = Array.from({ length: 20 }, (_, i) => `SLOW-${i}`);

it('sagas whose step takes long keep no other one waiting', async () => {
  const pay = desk.modules.handlers['till.pay'] as (input: unknown) => Promise<unknown>;
  desk.modules.handlers['till.pay'] = () => Promise.reject(till.error('pay', 'closed'));
  for (const name of [...slow, 'LAST']) await desk.modules.port.serve({ name });
  const { moment, go } = held();
  // Away, so that they hold no connection while they take long.
  desk.modules.away('till');
  desk.modules.handlers['till.pay'] = pay;
  const { remote } = desk.modules;
  const reach = remote.call.bind(remote);
  jest.spyOn(remote, 'call').mockImplementation(async (operation, side, input, options) => {
    if (operation.name === 'pay' && slow.includes((input as Ask).name)) await moment();
    return reach(operation, side, input, options);
  });
  await desk.database.query(
    `update desk.saga set due_at = now() - case when routing_key = 'LAST' then interval '0' else interval '1 hour' end`,
  );
  const recovery = new SagaRecovery(desk.modules.engine);
  recovery.onApplicationBootstrap();
  const ended = async () => {
    const rows = await desk.database.query<Ask>(
      `select routing_key as name from desk.saga where status = 'done'`,
    );
    return rows.map(({ name }) => name);
  };
  await until('the last one is done', async () => ((await ended()).includes('LAST') ? true : undefined));
  expect(await ended()).toEqual(['LAST']);
  go();
  await until('all are done', async () => ((await ended()).length === slow.length + 1 ? true : undefined));
  await recovery.beforeApplicationShutdown();
});
