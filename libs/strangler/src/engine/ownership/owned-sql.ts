import { buckets } from '../../routes/bucket.js';

/** SQL: whether the side whose row of `strangler.ownership` is `o` owns no bucket at all; a fence does not change it. */
export const ownsNothing = (o: string): string =>
  `${o}.extracted_below = case ${o}.side when 'extracted' then 0 else ${buckets} end`;
