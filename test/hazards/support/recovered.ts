import { pause, until } from '../../support/until.js';
import type { Load } from './load.js';
import type { ShopInCopies } from './shop-in-copies.js';

/** So many answers one after the other without an error: customers notice nothing any more. */
const calmAnswers = 20;
const lookMs = 500;

/** Waits until all is as it was before something failed. @throws when it is not in time, with what is left. */
export async function recovered(shop: ShopInCopies, load: Load, after: string): Promise<void> {
  const { events } = load.history;
  let left: unknown;
  await until(
    'all is as it was before',
    async () => {
      left = await Promise.all([shop.unready(), shop.unsettled()]).catch(String);
      if (JSON.stringify(left) === '[[],[]]') return true;
      // To ask all of them is work, on a machine that has enough of it just then.
      await pause(lookMs);
      return undefined;
    },
    shop.patienceMs,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}, after ${after}: ${JSON.stringify(left)}`);
  });
  const from = events.length;
  await until(
    'customers are answered',
    () => {
      const last = events.slice(from).slice(-calmAnswers);
      return (
        (last.length === calmAnswers && last.every(({ status }) => status > 0 && status < 500)) || undefined
      );
    },
    shop.patienceMs,
  );
}
