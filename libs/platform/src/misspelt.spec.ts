import { misspelt } from './misspelt.js';

const read = new Set(['LEGACY_URL', 'RATE_PER_ADDRESS', 'PORT', 'HOST', 'CACHE', 'DRAIN', 'NATS_URL']);

test.each([
  ['LEGACY_ULR', 'LEGACY_URL'],
  ['LEGACYURL', 'LEGACY_URL'],
  ['RATE_PER_ADRESS', 'RATE_PER_ADDRESS'],
  ['RATE_PER_ADDRESSES', 'RATE_PER_ADDRESS'],
  ['PROT', 'PORT'],
  ['DRIAN', 'DRAIN'],
  ['CACHES', 'CACHE'],
])('%s is nearly %s', (name, meant) => expect(misspelt([name], read)).toEqual([{ name, meant }]));

test.each([
  'PATH',
  'HOME',
  'PORT',
  'HOSTNAME',
  'POSTGRES_URL',
  'NATS_URL_OLD',
  'legacy_ulr',
  'npm_config_cache',
])('nobody complains of %s', (name) => expect(misspelt([name], read)).toEqual([]));
