import {
  type DeclaredOutcome,
  type Latencies,
  latenciesOf,
  type SampleReport,
  sum,
  type Tally,
} from '#sample';

/** What became of every invoice of the file. */
export interface ReplayAccount {
  run: string;
  url: string;
  interrupted: boolean;
  seconds: number;
  ordersPerSecond: number;
  /** Adds up to `invoices`. */
  outcomes: Record<DeclaredOutcome, number> & {
    failed: number;
    /** Stopped while they waited to be tried again. */
    unfinished: number;
    /** Past `--limit`, or after Ctrl-C. */
    not_sent: number;
    nothing_to_sell: number;
    cancellation: number;
  };
  invoices: number;
  failures: Record<string, number>;
  serverErrors: Record<string, number>;
  retries: Record<string, number>;
  latencyMs: { order: Latencies; request: Latencies };
}

export interface ReplayFacts {
  run: string;
  url: string;
  interrupted: boolean;
  seconds: number;
}

/** Draws up the account. */
export function accountFor(
  tally: Tally,
  { invoices }: Pick<SampleReport, 'invoices'>,
  facts: ReplayFacts,
): ReplayAccount {
  const { for_sale: sales, nothing_to_sell, cancellation } = invoices;
  return {
    ...facts,
    ordersPerSecond: facts.seconds > 0 ? tally.done / facts.seconds : 0,
    outcomes: {
      ...tally.declared,
      failed: sum(tally.failed),
      unfinished: tally.unfinished,
      not_sent: sales - tally.done,
      nothing_to_sell,
      cancellation,
    },
    invoices: sum(invoices),
    failures: { ...tally.failed },
    serverErrors: { ...tally.serverErrors },
    retries: { ...tally.retries },
    latencyMs: { order: latenciesOf(tally.orderMs), request: latenciesOf(tally.requestMs) },
  };
}

/** 0 only if every order that was sent ended as the shop declares; 130 as a shell says of Ctrl-C. */
export function exitCodeFor({
  interrupted,
  outcomes,
}: Pick<ReplayAccount, 'interrupted' | 'outcomes'>): number {
  if (interrupted) return 130;
  return outcomes.failed + outcomes.unfinished > 0 ? 1 : 0;
}
