import type { GuardedCalls } from '../../calls/resilience/guarded-calls.js';
import type { SideFigures } from '../../calls/resilience/side-guard.js';
import type { GaugeSet, Reading } from './gauges.js';

/** How calls that leave the process are guarded just now. What their bulkheads do is in those of admissions, by the operation's name. */
export const guardGauges = (guarded: Pick<GuardedCalls, 'figures'>): GaugeSet => ({
  gauges: {
    strangler_breaker: { help: '1: the state of the breaker', labels: ['module', 'side', 'state'] },
    strangler_breaker_opened: {
      help: 'How often the breaker has opened since the start',
      labels: ['module', 'side'],
    },
    strangler_calls_held_back: {
      help: 'Calls refused since the start, because the breaker was open',
      labels: ['module', 'side'],
    },
    strangler_call_retries: {
      help: 'Retries since the start: made, or refused for want of a budget',
      labels: ['module', 'side', 'result'],
    },
  },
  read: async () => readingsOf(guarded.figures()),
});

function readingsOf(figures: readonly SideFigures[]): Record<string, Reading[]> {
  const of = (value: (each: SideFigures) => number, more: Record<string, string> = {}): Reading[] =>
    figures.map((each) => ({
      labels: { module: each.module, side: each.side, ...more },
      value: value(each),
    }));
  return {
    strangler_breaker: figures.map(({ module, side, breaker }) => ({
      labels: { module, side, state: breaker },
      value: 1,
    })),
    strangler_breaker_opened: of(({ opened }) => opened),
    strangler_calls_held_back: of(({ heldBack }) => heldBack),
    strangler_call_retries: [
      ...of(({ retries }) => retries, { result: 'made' }),
      ...of(({ retriesRefused }) => retriesRefused, { result: 'refused' }),
    ],
  };
}
