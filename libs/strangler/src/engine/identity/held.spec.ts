import { heldSentence } from './held.js';
import type { Held } from './peer.js';

const foreign = { kind: 'foreign', database: 'd', peer: 'p', peerHome: null, peerSince: 's' } as const;

it.each<[Held, RegExp]>([
  [
    { kind: 'no witness', detail: 'no answer' },
    /^toy takes no writes: .*\(no answer\).*strangler doctor toy$/,
  ],
  [
    { kind: 'moved', why: 'nobody answers', detail: 'x' },
    /^toy takes no writes: .*nobody answers.*doctor toy$/,
  ],
  [{ kind: 'rolled back' }, /^toy takes no writes: .*was put back.*doctor toy$/],
  [{ kind: 'given up' }, /^toy takes no writes: .*goes on by itself$/],
  [{ kind: 'writers inside', pids: [7, 8] }, /^toy takes no writes: .*pids 7, 8/],
  [
    { kind: 'foreign', foreign },
    /^toy serves no calls: .*belongs to the shop whose database is p.*NAMESPACE$/,
  ],
])('%j is said in words, with what is next', (held, words) => {
  expect(heldSentence('toy', held)).toMatch(words);
});
