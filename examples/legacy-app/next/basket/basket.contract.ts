import { IsInt, IsString, Length, Max, Min } from 'class-validator';
import { command, contract, Count, Id, List, query, self } from 'nestjs-strangler/contract';

export class OfAccount {
  @Id() account: string;
}

export class Add {
  @Id() account: string;
  @Length(1, 100) sku: string;
  @IsInt() @Min(1) @Max(1_000) quantity: number;
}

export class Line {
  @IsString() sku: string;
  @IsString() name: string;
  @Count(1) quantity: number;
  /** Pence. */
  @Count(1) price: number;
}

export class Content {
  @List(() => Line) lines: Line[];
}

const owner = { who: self(({ account }: OfAccount) => account), key: 'account' } as const;

/** What somebody is about to buy. Its routing key is the account. */
export const basket = contract('basket', {
  ownership: 'by-key',
  operations: {
    content: query({ ...owner, input: OfAccount, output: Content }),
    add: command({ ...owner, input: Add, output: Content, errors: ['not_found'] }),
  },
});
