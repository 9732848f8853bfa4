import type { IncomingMessage } from 'node:http';
import { refuse, type Refusal } from './failure.js';
import type { PassThrough } from './pass-through.js';

/** What one caller may have under way at the same time. */
export interface TurnLimits {
  /** Requests that are being answered. */
  readonly atOnce: number;
  /** Requests that wait for one of those to end; one more is refused. */
  readonly waiting: number;
  /** How long they wait, in ms. */
  readonly waitMs: number;
}

/** A request that has a place, or waits for one. */
export interface Turn {
  readonly runs: boolean;
  /** To be called when the request is over; again it does nothing. */
  readonly end: () => void;
}

interface Caller {
  running: number;
  readonly waiting: Set<() => void>;
}

/**
 * Counts what callers have under way: nobody gets more than his share of what all need. Nothing is kept of a caller who has nothing
 * under way.
 *
 * @example
 * const turn = turns.take('10.0.0.1', begin); // undefined: refused; turn.runs: begin now, else `begin` is called later
 * @see nginx, limit_conn; Envoy, bulkheads
 */
export class Turns {
  /** Requests that were refused so far. */
  refused = 0;
  private readonly callers = new Map<string, Caller>();

  constructor(readonly limits: TurnLimits) {}

  /** Callers with something under way. */
  get size(): number {
    return this.callers.size;
  }

  /** Requests that wait. */
  get waiting(): number {
    let sum = 0;
    for (const { waiting } of this.callers.values()) sum += waiting.size;
    return sum;
  }

  take(name: string, begin: () => void): Turn | undefined {
    const { atOnce, waiting } = this.limits;
    let caller = this.callers.get(name);
    if (!caller) this.callers.set(name, (caller = { running: 0, waiting: new Set() }));
    if (caller.running < atOnce) {
      caller.running += 1;
      return { runs: true, end: this.endOf(name, caller) };
    }
    if (caller.waiting.size >= waiting) {
      this.refused += 1;
      return undefined;
    }
    return { runs: false, end: this.wait(name, caller, begin) };
  }

  private wait(name: string, caller: Caller, begin: () => void): () => void {
    let end: (() => void) | undefined;
    const start = () => {
      end = this.endOf(name, caller);
      begin();
    };
    caller.waiting.add(start);
    return () => (end ? end() : void caller.waiting.delete(start));
  }

  private endOf(name: string, caller: Caller): () => void {
    let over = false;
    return () => {
      if (over) return;
      over = true;
      const [next] = caller.waiting;
      if (next) {
        // It takes over this place.
        caller.waiting.delete(next);
        return next();
      }
      caller.running -= 1;
      if (caller.running === 0) this.callers.delete(name);
    };
  }
}

const tooMany: Refusal = {
  status: 429,
  code: 'rate_limited',
  title: 'Too many requests at the same time',
  data: { retryAfterSeconds: 1 },
};

/** Passes requests on in turn: who has no place waits for one, and gets 429 if that takes too long. A caller `undefined` is not limited. */
export function inTurn(
  turns: Turns,
  callerOf: (request: IncomingMessage) => string | undefined,
  passOn: PassThrough,
): PassThrough {
  return (request, response, next, own) => {
    const begin = () => passOn(request, response, next, own);
    const caller = callerOf(request);
    if (caller === undefined) return begin();
    const refused = () => refuse(request, response, tooMany, own?.toClient);
    const turn = turns.take(caller, () => {
      clearTimeout(timer);
      begin();
    });
    if (!turn) return refused();
    if (turn.runs) {
      response.once('close', turn.end);
      return begin();
    }
    const timer = setTimeout(() => {
      turn.end();
      turns.refused += 1;
      refused();
    }, turns.limits.waitMs);
    response.once('close', () => {
      clearTimeout(timer);
      turn.end();
    });
  };
}

/** How often requests were refused, for whoever is scraped. */
export function turnGauges(turns: Turns | undefined) {
  return {
    gauges: {
      edge_over_share: {
        help: 'Requests of addresses that had too many under way, since the start',
        labels: [],
      },
    },
    read: async () => ({ edge_over_share: [{ value: turns?.refused ?? 0 }] }),
  };
}
