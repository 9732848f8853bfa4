import { ownPaths, type OwnPaths } from './own-paths.js';
import { edge } from '../testing/edge.js';

let paths: OwnPaths;
let close: () => Promise<void>;
beforeAll(async () => {
  const { app } = await edge({});
  paths = ownPaths(app);
  close = () => app.close();
});
afterAll(() => close());

test.each([
  '/api/v1/products',
  '/API/v1/Products/A1',
  '/api/products',
  '/api/v2/users/1',
  '/health/live',
  '/docs',
  '/docs/a.js',
  '/.well-known/jwks.json',
])('%s is the API’s', (path) => expect(paths.has(path)).toBe(true));

test.each([
  '/reports',
  '/',
  '/api',
  '/api/v1',
  '/api/v1/reports',
  '/documents',
  '/api/v1/products/%FF',
  '/api/v1/users/%',
])('%s is not', (path) => expect(paths.has(path)).toBe(false));

test.each([
  ['/api', true],
  ['/API/v1', true],
  ['/api/v1/reports', false],
  ['/reports', false],
  ['/api/v1/prod', false],
])('below %s there is something of the API: %s', (path, there) =>
  expect(paths.below(path) !== undefined).toBe(there),
);
