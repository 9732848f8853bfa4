import { commandIn } from './command-in.js';

it.each([
  [
    'it is gone for good: npm run -s strangler -- failover stock --i-have-fenced-it',
    'npm run -s strangler -- failover stock --i-have-fenced-it',
  ],
  ['change it there, or from here with: npx strangler run stock --write', 'npx strangler run stock --write'],
  ['the service of stock is not there: npm run start:extracted -- stock', 'npm run start:extracted -- stock'],
  ['stock is paused; go on with: strangler resume stock', 'strangler resume stock'],
  ['the strangler does not answer', undefined],
  ['start it: npm run start:extracted -- stock, and nothing is lost', undefined],
  [undefined, undefined],
])('%j advises %j', (text, command) => {
  expect(commandIn(text)).toBe(command);
});
