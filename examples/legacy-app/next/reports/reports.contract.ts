import { IsString } from 'class-validator';
import { contract, Count, List, Maybe, query } from 'nestjs-strangler/contract';

export class OfCategory {
  @Maybe() @IsString() category?: string | null;
}

export class Sold {
  @IsString() sku: string;
  @IsString() name: string;
  @Count() pieces: number;
  /** Pence. */
  @Count() revenue: number;
}

export class Sales {
  @List(() => Sold) items: Sold[];
}

/** What was sold, over all keys. */
export const reports = contract('reports', {
  ownership: 'whole',
  operations: { sales: query({ who: 'anyone', input: OfCategory, output: Sales }) },
});
