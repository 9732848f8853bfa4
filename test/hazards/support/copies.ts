import type { Position } from '#strangler/engine/identity/position';
import { moduleNames, type ModuleName } from '../../support/shop.js';
import type { Side } from './moving-modules.js';
import type { ShopThatLoses } from './shop-that-loses.js';

/** How far the copy of a module is: which batch it has stored last, and of which one its owner knows that it has. */
export interface Progress {
  stored: Position;
  confirmed: Position;
}

/** How far the copies are of what `owner` sends, by module. */
export const progressOf = (shop: ShopThatLoses, owner: Side): Promise<Record<ModuleName, Progress>> =>
  byModule(async (module) => {
    const confirmed = await row<Position>(
      shop,
      owner,
      module,
      'select confirmed_term::int as term, confirmed_seq::int as seq from strangler.relay where module = $1',
    );
    const copy = owner === 'monolith' ? 'extracted' : 'monolith';
    const sql = 'select term::int, seq::int from strangler.applied where module = $1';
    return { confirmed, stored: await row<Position>(shop, copy, module, sql) };
  });

/** How often `owner` has begun to fill the copy, by module. */
export const livesOf = (shop: ShopThatLoses, owner: Side): Promise<Record<ModuleName, number>> =>
  byModule(async (module) => {
    const sql = 'select life::int as life from strangler.relay where module = $1';
    return (await row<{ life: number }>(shop, owner, module, sql)).life;
  });

const row = async <T extends object>(shop: ShopThatLoses, side: Side, module: ModuleName, sql: string) =>
  (await shop.setup.on<T>(shop.urlOf(side, module), sql, [module]))[0] as T;

async function byModule<T>(of: (module: ModuleName) => Promise<T>): Promise<Record<ModuleName, T>> {
  const each = moduleNames.map(async (module) => [module, await of(module)] as const);
  return Object.fromEntries(await Promise.all(each)) as Record<ModuleName, T>;
}
