import type { CopyReport } from '../../calls/copies/leaving.js';
import type { Copies } from '../../calls/copies/copies.js';
import { copyGauges } from './copy-gauges.js';

type Report = ReturnType<Copies['reports']>[number];

const report = (module: string, state: CopyReport['state']): Report =>
  ({ module, state, reason: null, figures: { calls: 1, failed: 0, p90Ms: 1 } }) as Report;

it('a copy that has left its queue group says so for each of its modules; one that is about to has not', async () => {
  const reports = () => [report('stock', 'out'), report('bills', 'in'), report('parcels', 'leaving')];
  const set = copyGauges({ reports });
  const read = await set.read();
  expect(read).toEqual({
    strangler_copy_out: [
      { labels: { module: 'stock' }, value: 1 },
      { labels: { module: 'bills' }, value: 0 },
      { labels: { module: 'parcels' }, value: 0 },
    ],
  });
  expect(Object.keys(read)).toEqual(Object.keys(set.gauges));
});
