import { IsInt, IsString, Max, MaxLength, Min } from 'class-validator';
import { Amount, Currency, Id, Maybe } from 'nestjs-strangler/contract';

/** Money in minor units (pence) of an ISO 4217 currency. */
export class Money {
  @Amount() amount: number;
  @Currency() currency: string;
}

/** An id and nothing else. */
export class ById {
  @Id() id: string;
}

/** One page of a list: what comes after `after`, at most `limit` items. */
export class Page {
  @Maybe() @IsString() @MaxLength(200) after?: string | null;
  @Maybe() @IsInt() @Min(1) @Max(200) limit?: number | null;
}

/** One page of a list that is ordered by UUIDs. */
export class IdPage {
  @Maybe() @Id() after?: string | null;
  @Maybe() @IsInt() @Min(1) @Max(200) limit?: number | null;
}

/** So many are asked for at once at most, where several are. */
export const mostAtOnce = 200;

/**
 * How a query of many of one kind falls into parts, each with its own of them; what is not there is left out of the answer. `name`: the list in the
 * input; `key`: the field of each that is its routing key.
 */
export const severally = <I extends object, O extends { items: unknown[] }>(
  name: keyof I & string,
  key: string,
) => {
  const keyOf = (one: unknown) => (one as Record<string, string>)[key]!;
  const listIn = (input: I) => input[name] as unknown[];
  return {
    keys: (input: I) => listIn(input).map(keyOf),
    pick: (input: I, keys: readonly string[]): I => {
      const picked = new Set(keys);
      return { ...input, [name]: listIn(input).filter((one) => picked.has(keyOf(one))) };
    },
    merge: (_input: I, parts: readonly O[]): O =>
      ({ ...parts[0], items: parts.flatMap(({ items }) => items) }) as O,
  };
};

/** The page size when the caller names none. */
export const defaultLimit = 50;
