import type { TokenVerifier } from './token-verifier.js';

/** What became of bearer tokens, for whoever is scraped. */
export function tokenGauges({ figures }: TokenVerifier) {
  return {
    gauges: {
      api_tokens: {
        help: 'Bearer tokens since the start: known since they were verified, verified, and refused',
        labels: ['result'],
      },
    },
    read: async () => ({
      api_tokens: Object.entries(figures).map(([result, value]) => ({ labels: { result }, value })),
    }),
  };
}
