import { sides } from '../routes/phase.js';
import { origins } from './evidence.js';
import { areCalls, isMapping } from './reported.js';
import { longestMs, type CallQuestion, type CallReport, type CallRow } from './call-sums.js';

/** Who reports the calls of the processes on another database: a service, or a program that carries no module. */
export interface Reporter {
  callsTo(question: CallQuestion): Promise<CallReport>;
}

/** What was reported of a module in one step. */
interface Known {
  /** When the step began, by this process's monotonic clock. */
  since: number;
  /** By database. */
  reports: ReadonlyMap<string, { at: number; report: CallReport }>;
}

/** What began so many ms later is another step. Clocks and busy machines move the beginning of the same one by less. */
const sameStepMs = 1_000;

/**
 * Calls that other programs make to modules: each writes them to its own database, and is asked for their sums. Of a database
 * that nobody reports just now counts what was last known in the same step. Nobody is waited for longer than its call takes.
 */
export class ServiceReports {
  private readonly known = new Map<string, Known>();

  /** `reporters`: one of each program that may call the module. Several may stand on one database. */
  constructor(private readonly reporters: (module: string) => readonly Reporter[]) {}

  /** A report of each database. */
  async ask(question: CallQuestion): Promise<readonly CallReport[]> {
    const now = performance.now();
    const since = now - question.ageMs;
    const answers = await Promise.all(
      this.reporters(question.module).map((each) => answerOf(each, question)),
    );
    const fresh = answers.flatMap((report) => (report ? [[report.home, { at: now, report }] as const] : []));
    const reports = new Map([...this.lastKnown(question.module, since, now), ...fresh]);
    this.known.set(question.module, { since, reports });
    return [...reports.values()].map(({ report }) => report);
  }

  /** Without its last ten seconds: those are over. */
  private lastKnown(module: string, since: number, now: number): Known['reports'] {
    const known = this.known.get(module);
    if (!known || Math.abs(known.since - since) > sameStepMs) return new Map();
    const kept = [...known.reports].filter(([, { at }]) => now - at < longestMs);
    return new Map(kept.map(([home, { at, report }]) => [home, { at, report: withoutRecent(report) }]));
  }
}

const withoutRecent = ({ home, rows }: CallReport): CallReport => ({
  home,
  rows: rows.filter(({ recent }) => !recent),
});

/** A service of the release before does not know the question, one that is not there does not answer: it reports nothing. */
const answerOf = (reporter: Reporter, question: CallQuestion): Promise<CallReport | undefined> =>
  reporter.callsTo(question).then(
    (report: unknown) => (isReport(report) ? report : undefined),
    () => undefined,
  );

const isReport = (value: unknown): value is CallReport =>
  isMapping(value) &&
  typeof value['home'] === 'string' &&
  Array.isArray(value['rows']) &&
  value['rows'].length <= mostRows &&
  value['rows'].every(isRow);

/** All of the step, and of the last ten seconds. */
const mostRows = 2 * sides.length * origins.length;

const isRow = (value: unknown): value is CallRow =>
  isMapping(value) &&
  (sides as readonly unknown[]).includes(value['side']) &&
  (origins as readonly unknown[]).includes(value['origin']) &&
  typeof value['recent'] === 'boolean' &&
  areCalls(value);
