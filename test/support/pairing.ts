import type { Continuity } from '#strangler/engine/continuity/continuity';
import { pair } from '#strangler/engine/identity/pairing';
import { NobodyServesError, type Peer } from '#strangler/engine/identity/peer';
import { ContinuityStore } from '#strangler/engine/continuity/store';
import type { Database } from '#strangler/database/database';

/** Makes two databases each other's peer, both with capture on, as the controller does when a module begins to move. */
export async function pairDirectly(
  module: string,
  { monolith, extracted }: Readonly<Record<'monolith' | 'extracted', Database>>,
): Promise<void> {
  const [home, away] = [monolith, extracted].map((database) => new ContinuityStore(database, module));
  await pair(extracted, module, await home!.read());
  await pair(monolith, module, await away!.read());
  for (const database of [monolith, extracted])
    await database.query('update strangler.ownership set capture = true where module = $1', [module]);
}

/** Asks the other side by a direct call; `answers`: undefined while nobody is there. */
export const directPeer = (answers: () => { answer: Continuity['answer'] } | undefined): Peer => {
  const ask: Peer['ask'] = async (question, database) => {
    const other = answers();
    if (!other) throw new NobodyServesError('nobody answers');
    const answer = await other.answer(question);
    const elsewhere = 'database' in answer && database !== null && answer.database !== database;
    if (elsewhere) throw new NobodyServesError(`nobody serves ${database}`);
    return answer;
  };
  return { ask, askAll: async (question) => [await ask(question, null)] };
};
