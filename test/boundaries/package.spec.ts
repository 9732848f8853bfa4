import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/* What package.json of the toolkit promises to whoever installs it; from the tarball: test/e2e/package.full.spec.ts. */

interface Entry {
  source: string;
  import: { types: string; default: string };
  require: { types: string; default: string };
}
const { bin, exports, files, main, typesVersions } = JSON.parse(
  readFileSync('libs/strangler/package.json', 'utf8'),
) as {
  bin: Record<string, string>;
  exports: Record<string, Entry | string>;
  files: string[];
  main: string;
  typesVersions: { '*': Record<string, string[]> };
};
const entries = Object.entries(exports).filter(
  (each): each is [string, Entry] => typeof each[1] === 'object',
);
const rooms = entries.map(([name]) => name.slice(2)).filter((name) => name !== '');

it('an application gets these entries, its own package.json, and nothing beside them', () => {
  expect(Object.keys(exports)).toEqual([
    ...['.', './cli', './contract', './internal', './migrate', './service', './testing'],
    './package.json',
  ]);
});

it.each(entries)('%s leads to one source, built both ways', (name, entry) => {
  const path = name === '.' ? 'index' : `${name.slice(2)}/index`;
  expect(existsSync(join('libs/strangler/src', `${path}.ts`))).toBe(true);
  expect(entry).toEqual({
    source: `./src/${path}.ts`,
    import: { types: `./dist/${path}.d.ts`, default: `./dist/${path}.js` },
    require: { types: `./cjs/${path}.d.ts`, default: `./cjs/${path}.js` },
  });
});

it('who resolves modules the way of Node 10 finds the same', () => {
  expect(main).toBe('./cjs/index.js');
  expect(typesVersions['*']).toEqual(
    Object.fromEntries(rooms.map((room) => [room, [`./cjs/${room}/index.d.ts`]])),
  );
});

it('the command line is a program', () => {
  expect(bin).toEqual({ strangler: './dist/cli/main.js' });
  expect(readFileSync('libs/strangler/src/cli/main.ts', 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
});

it('both builds, the SQL and the sources are packed, and no test is', () => {
  expect(files).toEqual(
    expect.arrayContaining(['cjs', 'dist', 'sql', 'src', '!**/*.spec.*', '!**/*.fixture.*']),
  );
});

it('the package of the embedded servers has one entry, as ESM with types, and packs no test', () => {
  const servers = JSON.parse(readFileSync('libs/embedded-servers/package.json', 'utf8')) as object;
  const entry = { source: './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' };
  expect(servers).toMatchObject({
    type: 'module',
    exports: { '.': entry, './package.json': './package.json' },
    files: ['dist', 'src', '!**/*.spec.*'],
  });
  expect(existsSync('libs/embedded-servers/src/index.ts')).toBe(true);
});
