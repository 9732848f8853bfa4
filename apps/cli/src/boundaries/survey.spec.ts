import { command, contract, process, query } from 'nestjs-strangler/contract';
import { BySku, OrderStock, StockMoved } from '#contracts';
import { survey, type Sources } from './survey.js';

const stock = contract('stock', {
  ownership: 'by-key',
  operations: {
    get: query({ input: BySku, output: StockMoved, key: (i) => i.sku }),
    list: query({ input: BySku, output: StockMoved, reads: 'any' }),
    reserve: command({
      input: OrderStock,
      output: StockMoved,
      keys: (i) => [i.orderId],
      pick: (i) => i,
      merge: (_input, [first]) => first!,
      undo: 'release',
    }),
    release: command({ input: OrderStock, output: StockMoved, key: (i) => i.orderId }),
  },
});
const desk = contract('desk', {
  ownership: 'whole',
  operations: { place: process({ input: BySku, output: StockMoved, key: (i) => i.sku }) },
});

const sources: Sources = {
  contracts: [stock, desk],
  graph: new Map([
    ['desk', new Map([['stock', ['get', 'reserve']]])],
    [
      'api',
      new Map([
        ['stock', ['list']],
        ['desk', ['place']],
      ]),
    ],
  ]),
  database: undefined,
  live: undefined,
};

it('says who comes in, the edge first, and where a module reaches out', () => {
  const [ofStock, ofDesk] = survey(sources);
  expect(ofStock).toMatchObject({
    module: 'stock',
    calledBy: [
      { name: 'api', operations: ['list'] },
      { name: 'desk', operations: ['get', 'reserve'] },
    ],
    calls: [],
    tables: null,
    crossings: null,
    live: null,
  });
  expect(ofDesk).toMatchObject({ calls: [{ name: 'stock', operations: ['get', 'reserve'] }] });
});

it('says what it costs', () => {
  const [ofStock, ofDesk] = survey(sources).map(({ cost }) => cost.join('\n'));
  expect(ofStock).toMatch(/desk calls reserve \(undo: release\): today in one transaction/);
  expect(ofStock).toMatch(/owned by key.*no key: list/);
  expect(ofStock).toMatch(/several keys in one call.*reserve/);
  expect(ofDesk).toMatch(/calls get, reserve of stock over NATS/);
  expect(ofDesk).toMatch(/owned as a whole/);
  expect(ofDesk).toMatch(/sagas that move with it.*place/);
});

it('a module that only reads is told apart from one that changes', () => {
  const graph = new Map([['desk', new Map([['stock', ['get']]])]]);
  expect(survey({ ...sources, graph })[0]!.cost[0]).toBe('desk reads get: one round trip each');
});

it('what must be done first comes first: crossings, and what the checks of the toolkit refuse', () => {
  const crossing = { what: 'k on desk.bills', needs: 'stock.items', from: 'desk', to: 'stock' };
  const table = { schema: 'stock', name: 'items', rows: 5, bytes: 8_192 };
  const [ofStock, ofDesk] = survey({
    ...sources,
    database: { tables: [table], crossings: [crossing] },
    live: new Map([
      ['stock', { calls: 3, errors: 0, plan: [], refusal: 'refused: items has no primary key' }],
    ]),
  });
  expect(ofStock!.tables).toEqual([{ name: 'items', rows: 5, bytes: 8_192 }]);
  expect(ofStock!.cost.slice(0, 2)).toEqual([
    'first undo what crosses schemas: k on desk.bills needs stock.items',
    'refused: items has no primary key',
  ]);
  expect(ofDesk).toMatchObject({ tables: [], crossings: [{ what: 'k on desk.bills' }], live: null });
});
