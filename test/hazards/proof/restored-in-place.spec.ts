import { Logger } from '@nestjs/common';
import { Twin } from '../support/twin.js';
import { until } from '../../support/until.js';

/*
 * A backup is put back into the very database that it was made of (`pg_restore --clean`, point in time): nothing there tells it
 * from the original. It owns what has moved since, and so does the other side. What would go wrong: both take writes, for ever.
 */
let twin: Twin;

beforeEach(async () => {
  for (const level of ['warn', 'error'] as const) jest.spyOn(Logger.prototype, level).mockReturnValue();
  twin = await Twin.open();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await twin.close();
});

const columns = 'epoch, extracted_below, fence_from, fence_to';
const ownershipOf = (side: 'monolith' | 'extracted') =>
  twin[side].query<object>(`select ${columns} from strangler.ownership where module = 'tally'`);

it.each([
  ['monolith', 0, 50],
  ['extracted', 50, 0],
] as const)('of the side %s, from when it owned more', async (side, before, after) => {
  await twin.handOff(before);
  const [backup] = await ownershipOf(side);
  expect(await twin.handOff(after)).toMatchObject({ outcome: 'done' });
  await twin[side].query(
    `update strangler.ownership o set (${columns}) = (select ${columns} from json_populate_record(o, $1)) where module = 'tally'`,
    [JSON.stringify(backup)],
  );
  const provenOf = async (of: 'monolith' | 'extracted') => (await twin[of].agent.state()).standpoint.proven;
  await until('it takes no writes', async () => ((await provenOf(side)) ? undefined : true));
  await expect(twin[side].query(`insert into tally.counter values ('M-1', 1, 1)`)).rejects.toMatchObject({
    code: 'SR425',
  });
  expect(await provenOf(side === 'monolith' ? 'extracted' : 'monolith')).toBe(true);
});
