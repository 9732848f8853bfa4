import { endAllPrograms, startProgram } from '../../support/programs.js';
import { replicas, type Replicas } from '../../support/replication.js';
import { until } from '../../support/until.js';

/*
 * The process of the relay is stopped (SIGSTOP, a laptop that sleeps, a virtual machine that is moved) after it has read a
 * batch. The server ends its silent session, another process leads. Then it wakes, and sends what it has read: an old image.
 */
let both: Replicas;
beforeAll(async () => {
  both = await replicas();
});
afterAll(async () => {
  endAllPrograms();
  await both.close();
});

const put = (content: string) =>
  both.monolith.database.query(
    `insert into fruit.basket values (1, 'anna', $1, 1) on conflict (id) do update set content = excluded.content`,
    [content],
  );
const copy = () => both.extracted.rows('basket');

it('another process leads meanwhile; what the first one had read is refused, and it stands by', async () => {
  const { PATH = '' } = process.env;
  const stopped = startProgram(
    'test/support/stopping-relay.js',
    [both.monolith.test.url, both.extracted.test.url],
    {
      PATH,
    },
  );
  await stopped.printed(/leads/);
  await put('old');
  await stopped.printed(/has read/);
  const next = both.relay();
  await until('the other one leads', () => next.status().leading || undefined);
  await put('new');
  await both.drained();
  expect(await copy()).toEqual(['(1,anna,new,1)']);
  stopped.process.kill('SIGCONT');
  await stopped.printed(/was answered: stale/);
  expect(await copy()).toEqual(['(1,anna,new,1)']);
  await put('newer');
  await both.drained();
  expect(next.status().leading).toBe(true);
  expect(await copy()).toEqual(['(1,anna,newer,1)']);
  await stopped.end('SIGKILL');
});
