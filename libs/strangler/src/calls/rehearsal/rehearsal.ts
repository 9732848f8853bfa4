import { internalCodes, isDomainError } from '../../contract/errors.js';
import { Logger } from '@nestjs/common';
import type { PreparedOperation } from '../../contract/operation.js';
import { withContext, type CallContext } from '../../database/context.js';
import { databaseLoss, described } from '../../database/failure.js';
import { BrokenOffError } from '../../database/rolled-back.js';
import { isTransient, sqlState } from '../../database/sql-state.js';

/**
 * How a rehearsal ended. `done`: the command ran, or its module refused it. `failed`: by a fault, of which only the log says more. `none`: it
 * says nothing of the side, and `why`.
 */
export type Rehearsed = { outcome: 'done' | 'failed' } | { outcome: 'none'; why: string };

const says = (why: string): Rehearsed => ({ outcome: 'none', why });

/** A rehearsal that is under way, as those see it whom its command calls. */
interface Rehearsal {
  /** The operation of another module that it has called: whatever is made of the refusal, the command did not run as it is. */
  called?: string;
}

/** A command that is rehearsed calls another module. It would be carried out there, so it is not called. */
export class NotRehearsedError extends Error {
  constructor(operation: string) {
    super(`${operation} is not called by a command that is rehearsed`);
  }
}

/**
 * Constraints that a row breaks which is there, or is not: a copy has the effects of the command already, or not yet what it stands on. That
 * a column has no value is another matter: the tables differ.
 */
const byRows = new Set(['23503', '23505', '23514', '23P01']);

/** Codes that say nothing of the module's code. */
const noAnswer = new Set(['unavailable', 'outcome_unknown', 'forbidden', ...internalCodes] as string[]);

/** What the error means with which a rehearsal ended. Pure. `declares`: whether its operation declares a code. */
export function outcomeOfRehearsal(
  error: unknown,
  { called }: Rehearsal,
  declares: (code: string) => boolean,
): Rehearsed {
  if (called !== undefined) return says(`it calls ${called}`);
  if (error instanceof BrokenOffError) return says(error.message);
  if (isDomainError(error)) {
    if (noAnswer.has(error.code)) return says(error.code);
    return { outcome: error.code !== 'internal' && declares(error.code) ? 'done' : 'failed' };
  }
  const state = sqlState(error) ?? '';
  if (byRows.has(state)) return { outcome: 'done' };
  const passes = passing(error, state);
  return passes === undefined ? { outcome: 'failed' } : says(passes);
}

/** Why an error is none of the side's code; `undefined`: it is. */
function passing(error: unknown, state: string): string | undefined {
  if (state === '57014') return 'it takes too long';
  if (state === '55P03' || isTransient(error)) return 'others hold its rows';
  if (state === 'SR438') return 'it ends its transaction by itself';
  if (state.startsWith('SR')) return 'its side takes none now';
  return databaseLoss(error) === undefined ? undefined : 'the database was lost';
}

/** Whether operations are rehearsed: commands without an effect outside, which no rollback takes back. */
export const canRehearse = ({ kind, result }: Pick<PreparedOperation, 'kind' | 'result'>): boolean =>
  kind === 'command' && result() === undefined;

const logger = new Logger('Rehearsal');
/** One at a time in a process. */
let underWay = false;

/** Has a command rehearsed by `work`, which takes it back. Never rejects. */
export async function rehearse(
  operation: PreparedOperation,
  context: CallContext,
  work: () => Promise<void>,
): Promise<Rehearsed> {
  if (!canRehearse(operation)) return says('it is no command, or has an effect outside');
  if (underWay) return says('another one is under way');
  underWay = true;
  const rehearsal: Rehearsal = {};
  try {
    await withContext({ ...context, rehearsal }, work);
    return rehearsal.called === undefined ? { outcome: 'done' } : says(`it calls ${rehearsal.called}`);
  } catch (error) {
    const ended = outcomeOfRehearsal(error, rehearsal, (code) => operation.declares(code));
    const { module, name } = operation;
    if (ended.outcome === 'failed')
      logger.error({ msg: 'rehearsal failed', module, operation: name, error: described(error) });
    return ended;
  } finally {
    underWay = false;
  }
}
