import { endAllPrograms, startProgram } from '../../support/programs.js';
import { replicas, type Replicas } from '../../support/replication.js';

/*
 * The process that rehearses a command is stopped (SIGSTOP) in the middle of it, and holds a row that apply needs. Nobody in the process can
 * end it. What would go wrong: apply waits for as long as it sleeps; what it has written is stored after all; or who asks next is given the
 * connection that the server has ended.
 */
let both: Replicas;
beforeAll(async () => {
  both = await replicas();
});
afterAll(async () => {
  endAllPrograms();
  await both.close();
});
afterEach(() => both.reset());

/** What the service's database holds beside rows: changes to send, strays, marks of rehearsals; and sessions in a transaction. */
const left = () =>
  both.extracted.test.query(`
    select (select count(*)::int from strangler.outbox) as outbox, (select count(*)::int from strangler.stray) as strays,
      (select count(*)::int from strangler.rehearsal) as marks,
      (select count(*)::int from pg_stat_activity where datname = current_database() and application_name like 'strangler %'
        and xact_start is not null and query like '%fruit.basket%' and state like 'idle in transaction%') as open`);
const nothing = [{ outbox: 0, strays: 0, marks: 0, open: 0 }];

it.each([
  ['in a statement', 'none'],
  ['after the last statement', 'done'],
])(
  '%s: the server ends it, apply goes on; when it wakes, it has stored nothing, and goes on as well',
  async (where, outcome) => {
    const { PATH = '' } = process.env;
    const { test } = both.extracted;
    const stopped = startProgram('test/support/stopping-rehearsal.js', [test.url, where], { PATH });
    await stopped.printed(/stops/);
    both.relay();
    await both.monolith.query(`insert into fruit.basket values (1, 'anna', 'real', 1)`);
    await both.drained();
    expect(await both.extracted.rows('basket')).toEqual(['(1,anna,real,1)']);
    expect(await left()).toEqual(nothing);

    stopped.process.kill('SIGCONT');
    await stopped.printed(new RegExp(`the first: ${outcome}`));
    await stopped.printed(/the second: done/);
    expect(await stopped.ended()).toBe(0);
    expect(await both.extracted.rows('basket')).toEqual(['(1,anna,real,1)']);
    expect(await left()).toEqual(nothing);
  },
);
