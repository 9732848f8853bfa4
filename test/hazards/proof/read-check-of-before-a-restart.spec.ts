import { routeOf } from '#strangler/routes/routes';
import { Caller } from '../support/caller.js';
import { check, Ledger } from '../support/ledger.js';
import { places, Twin } from '../support/twin.js';

/*
 * A process has read in the owner's row that nothing shifts, and leaves the check of its reads out for a second. Meanwhile the server
 * starts anew, on files that were put back:
 *
 *   process                                     server
 *   reads: all is mine, nothing shifts
 *                                               ends; its files are put back; starts, unproven
 *   reads on a new connection: old rows
 *   "just now it was mine": answers them
 *
 * All connections are ended, and the proof is of another start: so a process sees a restart. Its clock stands still, or a slow
 * machine would hide it.
 */
let twin: Twin;
const name = 'B-1';

beforeEach(async () => {
  twin = await Twin.open();
});
afterEach(() => twin.close());

it('a read check that was left out ends with the connection', async () => {
  const { monolith } = twin;
  const caller = new Caller(twin, new Ledger());
  await caller.add(name);
  await twin.quiet();
  for (const at of places) twin.routes[at].replace({ tally: routeOf('shadow') });
  const { version } = (await monolith.agent.state()).ownership;
  expect(await monolith.agent.mayShift({ version, may: false })).toBe(true);
  const now = performance.now();
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
  try {
    await monolith.executor.execute('look', { name });
    await monolith.executor.execute('look', { name });
    expect(monolith.guard.standsStill('tally')).toBe(true);
    await monolith.query(
      `update strangler.ownership set proven_start = proven_start - interval '1 second' where module = 'tally'`,
    );
    await monolith.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and application_name <> 'strangler' and pid <> pg_backend_pid()`,
    );
    await expect(read()).rejects.toMatchObject({ code: 'unproven' });
  } finally {
    clock.mockRestore();
    await monolith.query(
      `update strangler.ownership set proven_start = strangler.server_start() where module = 'tally'`,
    );
  }
  await check(twin, caller.ledger);

  /** Whoever has a connection that is gone fails, as it would; the next one has a new one. */
  async function read(): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await monolith.executor.execute('look', { name });
      } catch (error) {
        if ((error as { code?: string }).code !== 'unavailable' || attempt > 10) throw error;
      }
    }
  }
});
