import type { AssessedModule, Obstacle } from './assessment.js';
import { orderToGo } from './judge/order.js';

const obstacle = (points: number, ...others: string[]): Obstacle => ({
  kind: 'reads past',
  with: others,
  text: '',
  blocks: true,
  points,
  at: [],
});
const made = (name: string, obstacles: Obstacle[], tables = 1): AssessedModule => ({
  name,
  folder: name,
  tables: Array.from({ length: tables }, () => ({
    name,
    entity: name,
    ids: 'uuid',
    at: { file: '', line: 1 },
  })),
  ownership: { fits: 'whole', key: null, why: [], byKeyIf: null },
  callers: 0,
  obstacles,
  effort: { size: 'S', points: obstacles.reduce((sum, { points }) => sum + points, 0) },
});

it('a module becomes cheap when those that it was bound to have left', () => {
  const order = orderToGo([
    made('a', [obstacle(9, 'b')]),
    made('b', [obstacle(9, 'a'), obstacle(1)]),
    made('c', [obstacle(7)]),
  ]);
  expect(order).toEqual([
    { module: 'c', points: 7, why: 'undo first: 1 reader past a service' },
    { module: 'a', points: 9, why: 'undo first: 1 reader past a service' },
    {
      module: 'b',
      points: 1,
      why: 'undo first: 1 reader past a service (9 points are done with those before)',
    },
  ]);
});

it('what has no tables is not sent anywhere', () => {
  expect(orderToGo([made('auth', [], 0)])).toEqual([]);
});
