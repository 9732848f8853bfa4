import type { VerifiedActor } from '../../contract/caller.js';
import type { SagaRecord } from './progress.js';

/**
 * Where a saga stands, as its row tells it: which definition of which process (`place`, `place@2`), the number of the step, and the step's
 * name. The name stands in the state, beside the number that it belongs to. A column for it would keep the rows of a module in the middle
 * of its move from a side of the release before, whose table has none. 0.2.0 changes the number alone, and goes by the first definition.
 */
const mark = '$step';
/** On whose behalf it runs, beside it for the same reason. */
const onBehalf = '$actor';

/** The process as a saga's row names it; 0.2.0 knows the first definition, and carries on no other. */
export const processOf = (name: string, version: number): string =>
  version === 1 ? name : `${name}@${version}`;

/** The state as it is stored: with on whose behalf it runs, and the name of the step at which it stands; none outside of the steps. */
export const marked = (
  { state, actor }: Pick<SagaRecord, 'state' | 'actor'>,
  step: number,
  names: readonly string[],
): object => ({
  ...state,
  ...(actor && { [onBehalf]: actor }),
  ...(names[step] !== undefined && { [mark]: { at: step, name: names[step] } }),
});

/** A saga as the engine sees it: its state is that of its steps alone. */
export function recordOf<R extends Pick<SagaRecord, 'state'>>(row: R): R & Pick<SagaRecord, 'actor'> {
  const { [mark]: _place, [onBehalf]: actor, ...state } = row.state as Record<string, unknown>;
  return { ...row, state, actor: actor as VerifiedActor | undefined };
}

/** SQL for the name of the step at which a row stands; null: a process of 0.2.0 has brought it there. */
export const stepNameSql = `case when state->'${mark}'->>'at' = step::text then state->'${mark}'->>'name' end`;

/** SQL for all of that as one text, as {@link placesOf} has it. */
export const placeSql = `concat_ws(' ', process, step, ${stepNameSql})`;

/** Every place at which a saga of a definition may stand. */
export function placesOf(process: string, version: number, names: readonly string[]): string[] {
  const before = version === 1 ? names.map((_, step) => `${process} ${step}`) : [];
  // -1: all is undone, and it is to be ended.
  return [`${process} -1`, ...names.map((name, step) => `${process} ${step} ${name}`), ...before];
}
