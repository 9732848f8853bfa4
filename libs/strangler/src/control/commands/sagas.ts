import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsString, IsUUID, MaxLength } from 'class-validator';
import { steeringRefusal, undoneFrom, type SagaView } from '../../calls/sagas/operated.js';
import { Maybe } from '../../contract/fields.js';
import { sides, type Side } from '../../routes/phase.js';
import { RefusedError } from '../terms/refused.js';
import { unless, type SilentSide } from '../terms/silent-side.js';
import type { ModuleRow } from '../store/module-row.js';
import { PlainBody } from './bodies.js';
import { askBoth } from './both-sides.js';
import { command, type CommandParts } from './command.js';

class SagasBody extends PlainBody {
  @IsIn(['retry', 'compensate']) how: 'retry' | 'compensate';
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @IsUUID('all', { each: true })
  ids: string[];
  /** Why, for the history. */
  @Maybe() @IsString() @MaxLength(500) reason?: string | null;
}

/**
 * A saga and the side that owns its key.
 *
 * @internal
 */
export type SagaOn = SagaView & { readonly side: Side };

/**
 * Sagas of a module, and which side could not be asked.
 *
 * @internal
 */
export interface SagaList {
  items: SagaOn[];
  silent: readonly SilentSide[];
}

/** Has stored sagas tried at once, or taken back. */
export const sagas = command({
  body: SagasBody,
  atOnce: true,
  ask: async ({ row }, parts, { ids }): Promise<SagaList> => {
    const each = await Promise.all(ids.map((id) => sagasOf(row, parts, id)));
    return { items: each.flatMap(({ items }) => items), silent: each[0]!.silent };
  },
  plan: ({ row }, { how, ids, reason }, { items: found, silent }: SagaList) => {
    const unknown = ids.filter((id) => !found.some((saga) => saga.id === id));
    if (unknown.length > 0)
      throw new RefusedError(`there is no saga ${unknown.join(', ')} of ${row.module}${unless(silent)}`);
    const refusal = found.map((saga) => steeringRefusal(saga, how)).find((why) => why !== undefined);
    if (refusal !== undefined) throw new RefusedError(refusal);
    const because = reason === undefined ? [] : [`because: ${reason}`];
    return { plan: [...found.map((saga) => inWords(saga, how)), ...because], begins: false };
  },
  effect: async ({ needs }, { row }, { how }, { items: found }) => {
    for (const { side, ...saga } of found)
      if (!(await needs.sides(row.module)[side].steerSaga({ saga, how })))
        throw new RefusedError(`the saga ${saga.id} has gone on meanwhile: look again`);
    return { how, sagas: found.map(({ id }) => id) };
  },
});

function inWords(saga: SagaOn, how: 'retry' | 'compensate'): string {
  const who = `${saga.process} ${saga.id} of ${saga.side}`;
  if (how === 'retry') return `${who} is tried now, at step ${saga.step} ("${saga.stepName ?? '?'}")`;
  const from = undoneFrom(saga);
  return from < 0
    ? `${who} is ended: it has done nothing`
    : `${who} is undone from step ${from} ("${saga.definition!.steps[from]!.name}") downwards`;
}

/** Those that have not ended, or the one with that id. */
export async function sagasOf(
  row: Pick<ModuleRow, 'module' | 'phase'>,
  parts: Pick<CommandParts, 'needs'>,
  id: string | null,
): Promise<SagaList> {
  const { found, silent } = await askBoth(row, parts, 'sagas', (side) => side.sagas({ id }));
  return { items: sides.flatMap((side) => found[side].map((saga) => ({ ...saga, side }))), silent };
}
