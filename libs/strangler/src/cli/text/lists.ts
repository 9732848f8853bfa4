import type { RouteMismatch } from '../../operate/route-views.js';
import type { ActionAnswer } from '../../control/commands/operator.js';
import type { Finding } from '../../control/terms/views.js';
import type { MismatchEntry } from '../../calls/shadow/shadow-store.js';
import type { QuarantinedOn } from '../client/admin-client.js';
import { joined, line, type Line } from './line.js';
import { indented, table } from './table.js';

/** What an accepted action does, step by step. */
export function answerLines({
  module,
  verb,
  dryRun,
  plan,
  refusal,
}: Pick<ActionAnswer, 'module' | 'dryRun' | 'plan' | 'refusal'> & { verb: string }): Line[] {
  const head = joined([
    line(`${module}: ${verb}`, 'bold'),
    line(dryRun ? '(dry run: nothing is done)' : '', 'yellow'),
  ]);
  const steps = plan.map((step, i) => line(`${String(i + 1).padStart(2)}. ${step}`));
  const refused = refusal === undefined ? [] : [line(`in the way now: ${refusal}`, 'yellow')];
  const all = [...steps, ...refused];
  return [head, ...indented(all.length > 0 ? all : [line('nothing to do')])];
}

const mismatchColumns = ['FIELD', 'MONOLITH', 'EXTRACTED'].map((title) => ({ title }));

/** Queries whose two answers differed, and in which fields. */
export const mismatchLines = (entries: readonly MismatchEntry[]): Line[] =>
  entries.length === 0
    ? [line('no answers have differed')]
    : entries.flatMap(({ at, operation, input, differences }, i) => [
        ...(i > 0 ? [[]] : []),
        joined([line(at, 'dim'), line(operation, 'bold'), line(valueText(input))]),
        ...indented([
          ...table(
            mismatchColumns,
            differences.map(({ path, monolith, extracted }) =>
              [path, valueText(monolith), valueText(extracted)].map((text) => line(text)),
            ),
          ),
          ...differences.flatMap((each) => mayDiffer(operation, each)),
        ]),
      ]);

/** Who wants a field not to be compared writes that into the contract. */
const mayDiffer = (
  operation: string,
  { path, volatileLine }: MismatchEntry['differences'][number],
): Line[] =>
  volatileLine === undefined
    ? []
    : [
        [
          { text: `if ${path} may differ, in the contract, at ${operation}: `, style: 'dim' },
          { text: volatileLine, style: 'cyan', whole: true },
        ],
      ];

const copyColumns = ['FIELD', 'LEGACY', 'NEW'].map((title) => ({ title }));

/** GETs of a route whose two answers differed, and where. */
export const routeMismatchLines = (entries: readonly RouteMismatch[]): Line[] =>
  entries.length === 0
    ? [line('no answers have differed')]
    : entries.flatMap(({ at, operation, differences }, i) => [
        ...(i > 0 ? [[]] : []),
        joined([line(at, 'dim'), line(operation, 'bold')]),
        ...indented(
          table(
            copyColumns,
            differences.map((each) => [each.path, each.legacy, each.new].map((text) => line(String(text)))),
          ),
        ),
      ]);

/** A value that is not there is not the same as null. */
const valueText = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value));

const quarantinedColumns = ['ID', 'SIDE', 'TABLE', 'ROW', 'SINCE', 'REASON'].map((title) => ({ title }));

/** Rows that can never be applied as they are. */
export const quarantinedLines = (rows: readonly QuarantinedOn[]): Line[] =>
  rows.length === 0
    ? [line('no row is quarantined')]
    : table(
        quarantinedColumns,
        rows.map(({ id, side, table: name, pk, at, reason }) =>
          [String(id), side, name, pk.join(', '), at, reason].map((text) => line(text)),
        ),
      );

/** What is stuck, what that means, and what frees it. */
export const findingLines = (findings: readonly Finding[]): Line[] =>
  findings.length === 0
    ? [line('nothing is stuck', 'green')]
    : findings.flatMap(({ module, problem, meaning, remedy, repairable, byItself }, i) => [
        ...(i > 0 ? [[]] : []),
        joined([line(module ?? 'all modules', 'bold'), line(problem, byItself ? 'yellow' : 'red')]),
        ...indented([
          line(meaning),
          joined([line(`→ ${remedy}`, 'cyan'), line(repairable ? '("doctor --repair" does it)' : '', 'dim')]),
        ]),
      ]);
