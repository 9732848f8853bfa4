import type { Owned } from '../routes/member.js';
import {
  DomainError,
  internalCodes,
  isDomainError,
  UnavailableError,
  type DomainErrorData,
} from '../contract/errors.js';
import { sqlState } from './sql-state.js';

/*
 * What an executor says to a router, in the process or over NATS: not here, not now, not all of it. Callers never see
 * these codes; the router follows them.
 */

/** This side may not write the keys, or its copy is too old to be read. Nothing was done. */
export class NotOwnerError extends DomainError<'not_owner'> {
  /** `extractedBelow`: the border as this side knows it, if that is why. */
  constructor(module: string, extractedBelow?: number) {
    super('not_owner', { module, ...(extractedBelow !== undefined && { extractedBelow }) });
  }
}

/** The keys are being handed off: they have no owner for some milliseconds. Nothing was done. */
export class MovingError extends DomainError<'moving'> {
  constructor(module: string) {
    super('moving', { module });
  }
}

/** The database of this side has not proven that it still holds what it had. Nothing was done. */
export class UnprovenError extends DomainError<'unproven'> {
  constructor(module: string) {
    super('unproven', { module });
  }
}

/** Nobody serves the module on that side, so the call was not delivered. Nothing was done. */
export class UnservedError extends UnavailableError {}

/** A copy of another release does not take an input that is right by the contract of this one. Nothing was done; another copy may take it. */
export class OtherReleaseError extends UnavailableError {}

export const isUnproven = (error: unknown): boolean => isDomainError(error) && error.code === 'unproven';

/** Who is of another shop is told so in these words. */
export const foreignTo = ({
  database,
  shop,
  since,
}: Omit<Owned, 'shop'> & { readonly shop: string | null }): string =>
  shop === null
    ? `this service (database ${database}) is not paired with this shop`
    : database === shop
      ? `this is the shop whose database is ${shop}`
      : `this service (database ${database}) belongs to the shop whose database is ${shop}, since ${since}`;

/** The caller is of another shop than the module here, or names none. Nothing was done. */
export class ForeignError extends DomainError<'foreign'> {
  constructor(module: string, { database, shop, since }: Owned) {
    super('foreign', { module, database, shop, since }, foreignTo({ database, shop, since }));
  }
}

export const isForeign = (error: unknown): error is DomainError<'foreign'> =>
  isDomainError(error) && error.code === 'foreign';

/** The command was refused for some of its keys, after an earlier try had done it for others: those are to be undone. */
export class PartlyDoneError extends DomainError<'partly_done'> {
  constructor(keys: readonly string[], refusal: DomainError) {
    const { code, message, data } = refusal;
    super('partly_done', {
      keys: JSON.stringify(keys),
      refusal: JSON.stringify({ code, message, data }),
    });
  }
}

/** What a {@link PartlyDoneError} holds, however it came. */
export function partlyDone({ data }: DomainError): { keys: string[]; refusal: DomainError } {
  const {
    code,
    message,
    data: facts,
  } = JSON.parse(String(data['refusal'])) as {
    code: string;
    message: string;
    data: DomainErrorData;
  };
  return {
    keys: JSON.parse(String(data['keys'])) as string[],
    refusal: new DomainError(code, facts, message),
  };
}

type RouterError = DomainError<(typeof internalCodes)[number]>;

/** Whether the error is for the router to act on. */
export const isForRouter = (error: unknown): error is RouterError =>
  isDomainError(error) && (internalCodes as readonly string[]).includes(error.code);

/** Whether a statement or a call says that the keys are not (or not now) this side's. */
export const isOwnerLost = (error: unknown): boolean =>
  isDomainError(error)
    ? ['not_owner', 'moving', 'unproven'].includes(error.code)
    : ['SR409', 'SR423', 'SR425'].includes(sqlState(error) ?? '');

/** What the database has refused, as the router understands it; `undefined`: it is something else. */
export function ownerRefusal(error: unknown, module: string): DomainError | undefined {
  switch (sqlState(error)) {
    case 'SR409':
      return new NotOwnerError(module, borderIn(error));
    case 'SR423':
      return new MovingError(module);
    case 'SR425':
      return new UnprovenError(module);
    case 'SR426':
      return new UnavailableError(module, (error as Error).message);
    case 'SR404':
      return new UnavailableError(module, `${module} is not set up in the database of this side`);
    default:
      return undefined;
  }
}

/** The detail of SR409 is the border that this side knows. */
function borderIn(error: unknown): number | undefined {
  const border = Number((error as { detail?: unknown }).detail ?? NaN);
  return Number.isInteger(border) ? border : undefined;
}
