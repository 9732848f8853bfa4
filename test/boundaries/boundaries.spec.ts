import { readdirSync } from 'node:fs';
import { cruise, type Cruise } from './cruise.js';
import { deepNames, forbidden, goodShop } from './forbidden-imports.js';
import { root, Tree } from './tree.js';

const modules = readdirSync('libs/domain/src');
jest.setTimeout(60_000);

describe('in this repository', () => {
  let seen: Cruise;
  beforeAll(async () => {
    seen = await cruise(root);
  });

  it('no import crosses a boundary', () => {
    expect(seen.violations).toEqual([]);
  });

  // With a TypeScript that it does not know, dependency-cruiser sees nothing and reports success.
  it('the check saw the tree', () => {
    expect(seen.files.length).toBeGreaterThan(50);
    expect(modules).toEqual(
      expect.arrayContaining(['inventory', 'notifications', 'orders', 'payments', 'users']),
    );
  });

  it.each(modules)('the check saw what %s imports, and who imports it', (module) => {
    const from = (folder: string, to: string) =>
      seen.edges.filter((edge) => edge.startsWith(`${folder}/`) && edge.endsWith(` -> ${to}`));
    expect(from(`libs/domain/src/${module}`, 'libs/contracts/src/index.ts')).not.toEqual([]);
    expect(from(`libs/domain/src/${module}`, 'libs/strangler/src/index.ts')).not.toEqual([]);
    expect(from('apps', `libs/domain/src/${module}/index.ts`)).not.toEqual([]);
  });

  it('no rule is without a forbidden import that shows it', () => {
    expect(seen.rules).toEqual([...new Set(forbidden.map(([rule]) => rule))].sort());
  });
});

describe('in a shop of forbidden imports', () => {
  let tree: Tree;
  let seen: Cruise;
  beforeAll(async () => {
    const bad = Object.fromEntries(forbidden.map(([, file, text]) => [file, text]));
    tree = new Tree({ ...goodShop, ...bad }, deepNames);
    seen = await cruise(tree.folder);
  });
  afterAll(() => tree.remove());

  it.each(forbidden)('%s turns red at %s', (rule, file) => {
    const found = seen.violations.filter(({ from }) => from === file);
    expect(found.map((violation) => violation.rule)).toEqual([rule]);
  });

  it('all are listed, and nothing else is', () => {
    expect(seen.violations.map(({ from }) => from).sort()).toEqual(forbidden.map(([, file]) => file).sort());
  });
});

it('a library that nobody has placed is refused', async () => {
  const tree = new Tree({ 'libs/news/src/index.ts': '' });
  await expect(cruise(tree.folder)).rejects.toThrow('libs/news has no line');
  tree.remove();
});
