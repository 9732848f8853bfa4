import { writesOfNoOwner, type WriteSeen } from './side-evidence.js';

/* The rule by which the scenes say that nobody wrote who did not own. */
const written = (...all: [WriteSeen['side'], number][]): WriteSeen[] =>
  all.map(([side, epoch], at) => ({ side, epoch, at, module: 'inventory', key: 'A' }));

it.each([
  ['a side writes', written(['monolith', 1], ['monolith', 1])],
  ['the other one writes at a later epoch', written(['monolith', 1], ['extracted', 2])],
  ['a writer that was inside saw the fence', written(['monolith', 2], ['extracted', 2], ['extracted', 2])],
  ['it moves there and back', written(['monolith', 1], ['extracted', 2], ['monolith', 3])],
])('is well: %s', (_what, writes) => expect(writesOfNoOwner(writes)).toEqual([]));

it.each([
  ['a side from before the move', written(['monolith', 1], ['extracted', 2], ['monolith', 1])],
  ['both at one epoch', written(['monolith', 2], ['extracted', 2], ['monolith', 2])],
])('is found: %s', (_what, writes) => expect(writesOfNoOwner(writes)).toHaveLength(1));
