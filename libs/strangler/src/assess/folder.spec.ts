import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { assessFolder } from './assess-folder.js';
import { readFolder } from './read/folder.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'assess-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const write = (path: string, text: string | Buffer) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};

it('what is not the application’s own code is not read, and what else is left out is said', () => {
  write('src/users/user.entity.ts', 'export {};');
  write('src/users/user.spec.ts', 'export {};');
  write('src/types.d.ts', 'export {};');
  write('node_modules/typeorm/index.js', 'throw 1;');
  write('dist/main.js', 'throw 1;');
  write('.git/hook.ts', 'throw 1;');
  write('test/a.e2e-spec.ts', 'export {};');
  write('src/migrations/1-a.ts', 'export {};');
  write('src/generated.ts', `export const a = '${'a'.repeat(1_000_001)}';`);
  write('src/binary.ts', Buffer.from([0x47, 0, 1, 2]));
  write('README.md', '#');
  const { texts, leftOut } = readFolder(folder);
  expect(texts.map(({ path }) => path)).toEqual(['src/users/user.entity.ts']);
  expect(leftOut.map(({ file, why }) => `${file}: ${why}`).sort()).toEqual([
    '.: 1 files of tests',
    '.: 1 folders of migrations, which are the past of tables',
    '.: 1 folders of tests',
    'src/binary.ts: no text',
    'src/generated.ts: 1000 kB: generated, it seems',
  ]);
});

it('a link that leads in a circle is not followed', () => {
  write('src/a.ts', 'export {};');
  symlinkSync(folder, join(folder, 'src/again'));
  expect(readFolder(folder).texts).toHaveLength(1);
});

it('a folder that is not there is said', () => {
  const { texts, leftOut } = readFolder(join(folder, 'none'));
  expect([texts, leftOut]).toEqual([[], [{ file: '.', line: null, why: expect.stringContaining('ENOENT') }]]);
});

it('nothing in the folder is changed', () => {
  write(
    'src/users/users.module.ts',
    `import { Module } from '@nestjs/common'; @Module({}) export class UsersModule {}`,
  );
  expect(assessFolder(folder).modules.map(({ name }) => name)).toEqual(['users']);
  expect(readdirSync(folder, { recursive: true }).sort()).toEqual([
    'src',
    'src/users',
    'src/users/users.module.ts',
  ]);
});
