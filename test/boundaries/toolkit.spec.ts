import { readdirSync } from 'node:fs';
import { sourcesIn, sourceText } from './source-text.js';

const modules = readdirSync('libs/domain/src');

/** `InventoryService` and `inventory_item` both hold the word `inventory`. */
const wordsOf = (text: string): string[] =>
  text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .match(/[a-z0-9]+/g) ?? [];

function namesOfTheShop(source: string): string[] {
  const { names, texts } = sourceText(source);
  return [...names, ...texts].flatMap(wordsOf).filter((word) => modules.includes(word));
}

it.each([
  ['a name', 'const inventoryService = 1;'],
  ['text', `call('payments');`],
  ['SQL', 'query(`select * from ${schema}.saga join orders.orders using (id)`);'],
  ['a type', 'type Port = Users["get"];'],
])('a module of the shop is found in %s', (_where, source) => {
  expect(namesOfTheShop(source)).not.toEqual([]);
});

it('an example in a comment is no dependency', () => {
  expect(namesOfTheShop('/** `@InjectPort(inventory)` */ const order = 1; // users')).toEqual([]);
});

it('the package of the embedded servers names nothing of the shop, of the toolkit or of the platform, and no setting', () => {
  const sources = sourcesIn('libs/embedded-servers/src');
  expect(sources.size).toBeGreaterThan(20);
  // NATS has users of its own.
  const words = ['shop', 'strangler', ...modules.filter((name) => name !== 'users')].join('|');
  const ours = new RegExp(`\\b(${words}|[a-z]+_url)\\b|#platform`, 'i');
  const naming = [...sources].filter(([file, source]) => !/\.spec\.ts$/.test(file) && ours.test(source));
  expect(naming.map(([file]) => file)).toEqual([]);
});

it('the toolkit names no module of the shop', () => {
  const toolkit = sourcesIn('libs/strangler/src');
  expect(toolkit.size).toBeGreaterThan(20);
  // Tests of `assess` and `init` read whole applications, whose modules may be named as one of the shop is: `users`.
  const naming = [...toolkit]
    .filter(([file]) => !/\/(assess|verbs)\/.*\.(spec|fixture)\.ts$/.test(file))
    .map(([file, source]) => [file, namesOfTheShop(source)] as const);
  expect(Object.fromEntries(naming.filter(([, names]) => names.length > 0))).toEqual({});
});
