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

/** The page size when the caller names none. */
export const defaultLimit = 50;
