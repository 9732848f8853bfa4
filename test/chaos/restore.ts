import { until } from '../support/until.js';
import { isAlone } from '../hazards/support/side-evidence.js';
import { isReadBefore } from '../hazards/support/loss-account.js';
import type { Load } from '../hazards/support/load.js';
import { everywhere, type Walks } from '../hazards/support/walks.js';
import type { ChaosShop, Evidence } from './chaos-shop.js';
import type { Restore } from './plan.js';

/** What a database is put back in. */
interface Scene {
  shop: ChaosShop;
  load: Load;
  evidence: Evidence;
  walks: Walks;
  /** Resolves after so long. */
  wait: (ms: number) => Promise<unknown>;
  tell: (line: string) => void;
}

/**
 * Puts the databases of one side back to what they were. Only while all modules answer by both sides, for only then it is promised that nothing
 * is lost; and what was read a moment before may have been a write that nobody was answered yet.
 */
export async function restore({ side, at, ageMs }: Restore, scene: Scene): Promise<void> {
  const { shop, load, evidence, walks, wait, tell } = scene;
  await walks.goAll(everywhere({ phase: at }));
  const putBack = await shop.servers[side].backUp();
  await wait(ageMs);
  await until('all modules answer by both sides', () => !evidence.isAlone || undefined);
  await evidence.keep();
  const lostAt = performance.now();
  tell(
    `the databases of ${side} are put back to ${(ageMs / 1_000).toFixed(1)} s ago, with all modules at ${at}`,
  );
  await putBack();
  await shop.heal();
  for (const [module, { command }] of shop.advised) tell(`doctor: ${module}: strangler ${command}`);
  shop.advised.clear();
  const before = (ended: number) => load.history.start + ended <= lostAt;
  const wasAlone = evidence.asOf(lostAt);
  load.doubt(
    (event) =>
      (before(event.ended) && isAlone(wasAlone, load.history, event)) ||
      isReadBefore(lostAt, load.history, event),
  );
}
