import type { INestApplication } from '@nestjs/common';
import { PublicAnswers } from './public-answers.js';

/** How well answers that are kept serve, for whoever is scraped; of an application that keeps some. */
export function cacheGauges(app: INestApplication) {
  const answers = app.get(PublicAnswers, { strict: false });
  return {
    gauges: {
      api_cache_requests: {
        help: 'Requests for public answers since the start: given from those that are kept, asked for, and stale ones in the place of a module',
        labels: ['result'],
      },
      api_cache_bytes: { help: 'Bytes of public answers that are kept', labels: [] },
    },
    read: async () => {
      const { hits, misses, stale, bytes } = answers.figures;
      const results = Object.entries({ hit: hits, miss: misses, stale });
      return {
        api_cache_requests: results.map(([result, value]) => ({ labels: { result }, value })),
        api_cache_bytes: [{ value: bytes }],
      };
    },
  };
}
