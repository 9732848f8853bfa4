import type { ActionAnswer, Finding, HistoryEntry, MismatchEntry } from '#strangler';
import type { ParkedOn } from '../admin-client.js';
import { joined, line, type Line, type Style } from './line.js';
import { indented, table } from './table.js';

/** What an accepted action does, step by step. */
export function answerLines({ module, verb, dryRun, plan, refusal }: ActionAnswer): Line[] {
  const head = joined([
    line(`${module}: ${verb}`, 'bold'),
    line(dryRun ? '(dry run: nothing is done)' : '', 'yellow'),
  ]);
  const steps = plan.map((step, i) => line(`${String(i + 1).padStart(2)}. ${step}`));
  const refused = refusal === undefined ? [] : [line(`in the way now: ${refusal}`, 'yellow')];
  const all = [...steps, ...refused];
  return [head, ...indented(all.length > 0 ? all : [line('nothing to do')])];
}

const outcomes: Readonly<Record<HistoryEntry['outcome'], Style>> = {
  begun: 'cyan',
  done: 'green',
  refused: 'yellow',
  aborted: 'yellow',
  failed: 'red',
  noted: 'dim',
};

const historyColumns = ['AT', 'MODULE', 'ACTOR', 'ACTION', 'PHASE', 'OUTCOME', 'WHY'].map((title) => ({
  title,
}));

/** Who did what, when, why, and by which figures; the oldest first, as a log is read. */
export const historyLines = (entries: readonly HistoryEntry[]): Line[] =>
  entries.length === 0
    ? [line('nothing has happened yet')]
    : table(
        historyColumns,
        [...entries]
          .sort((a, b) => a.id - b.id)
          .map(({ at, module, actor, action, from, to, outcome, reason, figures }) => [
            line(at.slice(0, 19).replace('T', ' '), 'dim'),
            line(module),
            line(actor),
            line(action, 'bold'),
            line(from === to ? from : `${from} → ${to}`),
            line(outcome, outcomes[outcome]),
            joined([line(reason ?? ''), line(figuresText(figures), 'dim')]),
          ]),
      );

const figuresText = (figures: Readonly<Record<string, unknown>>): string =>
  Object.entries(figures)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');

const mismatchColumns = ['FIELD', 'MONOLITH', 'EXTRACTED'].map((title) => ({ title }));

/** Queries whose two answers differed, and in which fields. */
export const mismatchLines = (entries: readonly MismatchEntry[]): Line[] =>
  entries.length === 0
    ? [line('no answers have differed')]
    : entries.flatMap(({ at, operation, input, differences }, i) => [
        ...(i > 0 ? [[]] : []),
        joined([line(at, 'dim'), line(operation, 'bold'), line(valueText(input))]),
        ...indented(
          table(
            mismatchColumns,
            differences.map(({ path, monolith, extracted }) =>
              [path, valueText(monolith), valueText(extracted)].map((text) => line(text)),
            ),
          ),
        ),
      ]);

/** A value that is not there is not the same as null. */
const valueText = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value));

const parkedColumns = ['ID', 'SIDE', 'TABLE', 'ROW', 'SINCE', 'REASON'].map((title) => ({ title }));

/** Rows that can never be applied as they are. */
export const parkedLines = (rows: readonly ParkedOn[]): Line[] =>
  rows.length === 0
    ? [line('no row is parked')]
    : table(
        parkedColumns,
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
