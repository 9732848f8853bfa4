import { contract, Count, query } from 'nestjs-strangler/contract';
import { IsString } from 'class-validator';

export class Ask {
  @IsString() name: string;
  /** How long the answer takes, in ms. */
  @Count() waitMs: number;
}

const named = (name: string) =>
  contract(name, {
    ownership: 'by-key',
    operations: { ask: query({ input: Ask, output: Ask, key: 'name', timeoutMs: 1_000 }) },
  });

/** The module that is well all the time, and the one that is slow or dead beside it. */
export const well = named('well');
export const ill = named('ill');
