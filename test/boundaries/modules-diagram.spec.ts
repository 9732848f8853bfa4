import { readFileSync } from 'node:fs';
import { modulesDiagram } from '../../tools/modules/diagram.js';
import { Tree, type Files } from './tree.js';

const shop: Files = {
  'libs/contracts/src/stock.ts': `export const stock = contract('stock', {
    ownership: 'by-key',
    operations: { take: command({ input: Take, undo: 'putBack' }), putBack: command({ input: Take }) },
  });`,
  'libs/contracts/src/sales.ts': `export const sales = contract('sales', { ownership: 'whole', operations: {} });`,
  'libs/domain/src/stock/stock.service.ts': `export class StockService {}`,
  'libs/domain/src/sales/sell.saga.ts': `const steps = [own('write', run), call(stock, 'take', { input })];`,
  'libs/domain/src/sales/sales.service.ts': `class SalesService {
    constructor(@InjectPort(stock) private readonly warehouse: Port<typeof stock>) {}
    giveUp() { return this.warehouse.putBack({}); }
  }`,
};

const diagramOf = (files: Files): string => {
  const tree = new Tree(files);
  try {
    return modulesDiagram(tree.folder);
  } finally {
    tree.remove();
  }
};

it('docs/modules.mmd says what the code says', () => {
  expect(readFileSync('docs/modules.mmd', 'utf8')).toBe(modulesDiagram('.'));
});

it('a step of a saga and a call through a port are found', () => {
  expect(diagramOf(shop).split('\n')).toEqual([
    expect.stringContaining('docs:modules'),
    'flowchart LR',
    '  sales["sales<br/><i>whole</i>"]',
    '  stock["stock<br/><i>by-key</i>"]',
    '  sales -- "take (undo: putBack)<br/>putBack" --> stock',
    '',
  ]);
});

it('who hears of an event is found, and what a module says to itself is left out', () => {
  const files = {
    ...shop,
    'libs/contracts/src/sales.ts': `export const sold = event('sales.sold', { data: Sold, key: 'id' });
      export const sales = contract('sales', { ownership: 'whole', operations: { sold: subscription(sold) }, events: [sold] });`,
    'libs/contracts/src/mails.ts': `export const mails = contract('mails', {
      ownership: 'by-key',
      operations: { sold: subscription(sold, { key }), noted: command({ input: Noted }) },
    });`,
    'libs/domain/src/mails/mails.ts': `class Mails {
      constructor(@InjectPort(mails) private readonly own: Port<typeof mails>) {}
      note() { return this.own.noted({}); }
    }`,
  };
  expect(diagramOf(files).split('\n').slice(-3)).toEqual([
    '  sales -- "take (undo: putBack)<br/>putBack" --> stock',
    '  sales -. "sold" .-> mails',
    '',
  ]);
  const foreign = { ...files, 'libs/contracts/src/sales.ts': shop['libs/contracts/src/sales.ts']! };
  expect(() => diagramOf(foreign)).toThrow('mails hears of sold, which is no event');
});

it('a call that cannot be told is no silent gap', () => {
  const hidden = {
    ...shop,
    'libs/domain/src/sales/sell.saga.ts': `call(contractOf('stock'), 'take', { input })`,
  };
  expect(() => diagramOf(hidden)).toThrow('which is no contract');
  const passedOn = `class A { constructor(@InjectPort(stock) stock: Port<typeof stock>) { sell(stock); } }`;
  const { 'libs/domain/src/sales/sell.saga.ts': _, ...rest } = shop;
  expect(() => diagramOf({ ...rest, 'libs/domain/src/sales/sales.service.ts': passedOn })).toThrow(
    'calls nothing',
  );
});
