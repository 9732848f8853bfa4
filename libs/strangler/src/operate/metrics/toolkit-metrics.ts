import type { Copies } from '../../calls/copies/copies.js';
import type { GuardedCalls } from '../../calls/resilience/guarded-calls.js';
import type { Operator } from '../../control/commands/operator.js';
import type { Subscribers } from '../../calls/events/subscribers.js';
import type { Database } from '../../database/database.js';
import type { NatsLink } from '../../nats/link.js';
import type { Agents } from '../../sides/agents.js';
import { callBounds, CallTally, type Tally } from './call-tally.js';
import { copyGauges } from './copy-gauges.js';
import { eventGauges, openSagaGauges } from './flow-gauges.js';
import type { GaugeSet } from './gauges.js';
import { guardGauges } from './guard-gauges.js';
import { moduleGauges } from './module-gauges.js';
import { outboxGauges } from './outbox-gauges.js';
import { processGauges } from './process-gauges.js';
import { pruningGauges } from './pruning-gauges.js';
import { sagaGauges } from './saga-gauges.js';
import { webhookGauges } from './webhook-gauges.js';

/** A histogram that is counted here and written by whoever is scraped. */
export interface CallHistogram {
  name: string;
  help: string;
  labels: readonly string[];
  /** Upper bounds of its buckets, in seconds. */
  bounds: readonly number[];
  read: () => readonly Tally[];
}

/**
 * What the toolkit measures of itself. It knows of no scraper: names, help and figures are handed on.
 *
 * @internal
 */
export class ToolkitMetrics {
  /** Calls as their callers in this process see them. */
  readonly called = new CallTally();
  /** Calls that are answered in this process for others. */
  readonly served = new CallTally();

  /** The histograms of calls. */
  readonly histograms: readonly CallHistogram[] = [
    of('strangler_call_seconds', 'Calls as their callers in this process see them', this.called),
    of('strangler_served_call_seconds', 'Calls answered in this process for others', this.served),
  ];

  /** Gauges of a process that carries no module. */
  readonly gaugesOfCaller = (link: NatsLink, guarded: GuardedCalls): readonly GaugeSet[] => [
    processGauges(link),
    guardGauges(guarded),
  ];

  /** Gauges of a process; `operator` only where it steers. */
  gauges(parts: {
    database: Database;
    link: NatsLink;
    guarded: GuardedCalls;
    copies: Copies;
    agents: Agents;
    subscribers: Subscribers;
    operator?: Operator;
  }): readonly GaugeSet[] {
    const { database, link, guarded, copies, agents, subscribers, operator } = parts;
    const own = [
      processGauges(link),
      guardGauges(guarded),
      copyGauges(copies),
      outboxGauges(database, (module) => agents.fencedMs(module)),
      pruningGauges(database),
      sagaGauges(agents),
      openSagaGauges(database),
      eventGauges(database, subscribers),
    ];
    return [...own, ...(operator ? [moduleGauges(operator), webhookGauges(database)] : [])];
  }
}

const of = (name: string, help: string, tally: CallTally): CallHistogram => ({
  ...{ name, help, bounds: callBounds, read: () => tally.read() },
  labels: ['module', 'operation', 'side', 'outcome'],
});
