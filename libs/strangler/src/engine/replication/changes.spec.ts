import { changesIn } from './changes.js';

it.each([
  [undefined, []],
  ['', []],
  ['5000', [5000]],
  ['5000-5002,7000', [5000, 5001, 5002, 7000]],
  ['17,5000-5000', [17, 5000]],
])('%p is %j', (text, numbers) => expect(changesIn(text)).toEqual(numbers));
