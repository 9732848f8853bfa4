import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import { hash } from 'node:crypto';
import { refusal } from '../errors/problems.js';
import { most } from './limits.js';

/** So many queries are kept. */
const mostQueries = 500;

/**
 * Automatic persisted queries, as Apollo has them: a client sends the hash of a query, and the query itself where it is not known here. So a query fits
 * into the URL of a GET, which caches keep. Each process knows those that it was sent.
 */
export function persistedQueries(): Plugin {
  const known = new LRUCache<string, string>({
    max: mostQueries,
    maxSize: mostQueries * most.bytes,
    sizeCalculation: ({ length }) => length + 1,
  });
  return {
    onParams({ params, setParams }) {
      const asked = (params.extensions as { persistedQuery?: unknown } | undefined)?.persistedQuery;
      if (asked === undefined) return;
      const { sha256Hash, version } = (asked ?? {}) as { sha256Hash?: unknown; version?: unknown };
      if (version !== 1 || typeof sha256Hash !== 'string')
        throw refusal('validation_failed', 'persistedQuery takes version 1 and a sha256Hash');
      const { query } = params;
      if (query === undefined || query === null || query === '') {
        const found = known.get(sha256Hash);
        if (found === undefined) throw notKnown();
        return setParams({ ...params, query: found });
      }
      if (hash('sha256', query) !== sha256Hash)
        throw refusal('validation_failed', 'sha256Hash is not that of the query');
      known.set(sha256Hash, query);
    },
  };
}

/** Its words are those that clients look for. */
const notKnown = () =>
  new GraphQLError('PersistedQueryNotFound', {
    extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' },
  });
