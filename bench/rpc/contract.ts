import { contract, Count, Id, List, Nested, query } from 'nestjs-strangler/contract';
import { Money, Sku } from '#contracts';
import { IsString } from 'class-validator';

export class QuoteLine {
  @Sku() sku: string;
  @Count(1) quantity: number;
}

export class QuoteRequest {
  @Id() orderId: string;
  @List(() => QuoteLine, { min: 1 }) lines: QuoteLine[];
}

export class QuoteAnswer {
  @Id() orderId: string;
  @IsString() validUntil: string;
  @Nested(() => Money) total: Money;
}

/** One small operation without a database behind it, so that only the way there and back is measured. */
export const quotes = contract('quotes', {
  ownership: 'by-key',
  operations: {
    quote: query({ input: QuoteRequest, output: QuoteAnswer, key: (i) => i.orderId }),
  },
});

/** What every peer is asked. */
export const request: QuoteRequest = {
  orderId: '019aa1f0-5b3c-7c6e-9d2a-0123456789ab',
  lines: [
    { sku: '85123A', quantity: 6 },
    { sku: '71053', quantity: 6 },
    { sku: '84406B', quantity: 8 },
  ],
};

/** What every peer does. */
export class QuoteService {
  async quote({ orderId, lines }: QuoteRequest): Promise<QuoteAnswer> {
    const amount = lines.reduce((sum, { quantity }) => sum + quantity * 255, 0);
    return { orderId, validUntil: '2010-12-01T08:26:00.000000Z', total: { amount, currency: 'GBP' } };
  }
}
