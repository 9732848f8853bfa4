import { accepts } from './ownership.js';
import type { Scenario } from './scenario.js';
import { acknowledged, answeredBefore, rolledBack, sides, type State } from './state.js';

/** What may never be. Returns what is broken, or null. */
export function violation(state: State, { rules, writes, check, budget }: Scenario): string | null {
  const accepted = sides.map((side) => accepts(state, side, rules));
  if (check !== 'somewhere' && (accepted[0]! & accepted[1]!) !== 0)
    return 'I1: two databases take writes for one bucket';
  if (check === 'one owner') return null;
  for (const side of sides)
    if (rules.restartProof && accepted[side] !== 0 && state.databases[side].paired === 1)
      if (state.databases[side].provenStart !== state.starts[side])
        return 'I3: a side takes writes that has not proven its start';
  const { restore = 0, resume = 0 } = budget;
  if (restore + resume === 0 && state.databases.some(({ standing }) => standing !== 0))
    return 'I5: nothing was put back, and a side is marked';
  for (const side of sides)
    if (state.tookOver & (1 << side) && state.databases[side].standing === rolledBack)
      return "I5: a side took over by an operator's word, was not put back since, and is marked";
  for (let index = 0; index < writes.length; index++) {
    const answered = state.writes[index]!.state;
    if (answered !== acknowledged && answered !== answeredBefore) continue;
    if (state.forgiven & (1 << index)) continue;
    const lost = lostKey(state, writes[index]!, index, accepted, check === 'somewhere');
    if (lost !== null) return lost;
  }
  return null;
}

function lostKey(
  { databases }: State,
  keys: number,
  index: number,
  accepted: readonly number[],
  onlySomewhere: boolean,
): string | null {
  for (let key = 0; 1 << key <= keys; key++) {
    if (!(keys & (1 << key))) continue;
    const has = sides.map((side) => (databases[side].rows[key]! & (1 << index)) !== 0);
    if (!has[0] && !has[1]) return `I2: write ${index} was acknowledged, and nobody has it`;
    if (onlySomewhere) continue;
    for (const side of sides)
      if (accepted[side]! & (1 << key) && !has[side])
        return `I2: write ${index} was acknowledged, and the owner does not have it`;
  }
  return null;
}

/** I4: one owner of each bucket, equal data, nothing under way. */
export function goal(state: State, { rules }: Scenario): boolean {
  const [m, e] = state.databases;
  const every = (1 << m.rows.length) - 1;
  const taken = sides.map((side) => accepts(state, side, rules));
  return (
    (taken[0]! ^ taken[1]!) === every &&
    m.epoch === e.epoch &&
    m.below === e.below &&
    m.rows.every((row, key) => ((row ^ e.rows[key]!) & ~state.discarded) === 0) &&
    m.outbox.length + e.outbox.length === 0 &&
    !state.journal &&
    (m.backfill | e.backfill) === 0 &&
    (!rules.restartProof || sides.every((side) => state.databases[side].provenStart === state.starts[side]))
  );
}
