import { ContinuityStore } from '../engine/continuity/store.js';
import type { Database } from '../database/database.js';
import type { Belonging } from './remote.js';

/** How long a pairing that is known is not asked for again, in ms: it changes only with a database. */
const knownMs = 500;

/** To whom a database of a module belongs: remembered once it is paired. */
export function belongingOf(database: Database, module: string): () => Promise<Belonging> {
  const store = new ContinuityStore(database, module);
  let known: { at: number; belonging: Belonging } | undefined;
  return async () => {
    if (known && performance.now() - known.at < knownMs) return known.belonging;
    const { database: id, peer, peerSince, knownAs, capture } = await store.read();
    const belonging = { database: id, peer, peerSince, knownAs, capture };
    if (peer !== null) known = { at: performance.now(), belonging };
    return belonging;
  };
}
