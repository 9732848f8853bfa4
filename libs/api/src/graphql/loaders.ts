import { mostAtOnce } from '#contracts';
import DataLoader from 'dataloader';
import type { Modules } from './modules.js';
import type { Relation } from './relations.js';

/** Asks for all objects of a level at once: one call a relation and level, for one request. */
export class Loaders {
  private readonly known = new Map<string, DataLoader<string, unknown>>();

  constructor(private readonly modules: Modules) {}

  load(relation: Relation, key: string, limit: number): Promise<unknown> {
    const { on, field } = relation;
    const name = `${on.name}.${field} ${limit}`;
    let loader = this.known.get(name);
    if (!loader) {
      loader = new DataLoader((keys) => this.ask(relation, keys, limit), { maxBatchSize: mostAtOnce });
      this.known.set(name, loader);
    }
    return loader.load(key);
  }

  private async ask({ load, many }: Relation, keys: readonly string[], limit: number): Promise<unknown[]> {
    const found = await load(this.modules, keys, limit);
    return keys.map((key) => found.get(key) ?? (many ? [] : null));
  }
}
