import { replicas, type Replicas } from '../../../../../test/support/replication.js';
import { RelaySession } from './relay-session.js';

let both: Replicas;
let session: RelaySession;
beforeAll(async () => {
  both = await replicas();
});
beforeEach(async () => {
  session = await RelaySession.open(both.monolith.database, 'fruit');
});
afterEach(() => session.close());
afterAll(() => both.close());

/** Longer than any test may take. */
const forEver = 3_600_000;

describe('a rest between two batches', () => {
  it('is over when somebody is held until the next one: a fence waits for what is under way', async () => {
    const resting = session.rest(forEver);
    session.wake();
    await expect(resting).resolves.toBeUndefined();
  });

  it('is not cut short by what woke it before', async () => {
    session.wake();
    let over = false;
    const resting = session.rest(forEver).then(() => (over = true));
    await both.monolith.database.query('select 1');
    expect(over).toBe(false);
    session.wake();
    await resting;
  });

  it('ends with the session', async () => {
    const resting = session.rest(forEver);
    session.close();
    await expect(resting).rejects.toThrow('has ended');
  });

  it('of no time is none', async () => {
    await expect(session.rest(-1)).resolves.toBeUndefined();
  });
});
