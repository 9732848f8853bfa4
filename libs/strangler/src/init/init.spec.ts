import { loadCompiler } from '../assess/compiler.js';
import { parseFile } from '../control/config/wishes.js';
import { planInitOf } from './init.js';
import type { InitPlan } from './init-plan.js';

beforeAll(() => loadCompiler('.'));

const packageJson = (more: object = {}) =>
  JSON.stringify({ dependencies: { '@nestjs/core': '^11', typeorm: '^0.3', pg: '^8' }, ...more });

const main = `import { NestFactory } from '@nestjs/core';\nimport { AppModule } from './app.module';\nvoid NestFactory.create(AppModule);`;
const imports = `import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RoomsModule } from './rooms/rooms.module';
`;
const appModule = (metadata: string) => `${imports}\n@Module(${metadata})\nexport class AppModule {}\n`;
const rooms = {
  'src/rooms/rooms.module.ts': `import { Module } from '@nestjs/common';\n@Module({})\nexport class RoomsModule {}`,
  'src/rooms/room.entity.ts': `import { Entity, PrimaryColumn } from 'typeorm';\n@Entity()\nexport class Room { @PrimaryColumn() id: string; }`,
};

/** An application with one module; files given as null are not there. */
function plan(files: Record<string, string | null> = {}): InitPlan {
  const all: Record<string, string | null> = {
    'package.json': packageJson(),
    'src/main.ts': main,
    'src/app.module.ts': appModule(
      `{\n  imports: [\n    TypeOrmModule.forRoot({}),\n    RoomsModule,\n  ],\n}`,
    ),
    ...rooms,
    ...files,
  };
  return planInitOf(Object.entries(all).flatMap(([path, text]) => (text === null ? [] : [{ path, text }])));
}

const withModule = (text: string) => plan({ 'src/app.module.ts': text });
const textOf = ({ files }: InitPlan, path: string) => files.find((one) => one.path === path)!.text;
const element = `StranglerModule.forRootAsync({ side: 'monolith', contracts, useFactory: settings })`;

it('the root module gets the toolkit after the data source, and its imports after those of packages', () => {
  const { edit, paste, root, files } = plan();
  expect(root).toEqual({ name: 'AppModule', path: 'src/app.module.ts' });
  expect(paste).toBeNull();
  expect(edit!.text).toBe(`import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { StranglerModule } from 'nestjs-strangler';
import { contracts, settings } from './strangler';
import { RoomsModule } from './rooms/rooms.module';

@Module({
  imports: [
    TypeOrmModule.forRoot({}),
    ${element},
    RoomsModule,
  ],
})
export class AppModule {}
`);
  expect(files.map(({ path }) => path)).toEqual(['src/strangler.ts', 'src/service.ts', 'strangler.yaml']);
});

it('a file that was changed is not changed again', () => {
  const { edit } = plan();
  expect(withModule(edit!.text)).toMatchObject({ edit: null, paste: null });
});

it.each([
  [
    'a list in one line',
    '{ imports: [TypeOrmModule.forRoot({}), RoomsModule] }',
    `{ imports: [TypeOrmModule.forRoot({}), ${element}, RoomsModule] }`,
  ],
  [
    'a data source among others',
    '{ imports: [RoomsModule, TypeOrmModule.forRootAsync({})] }',
    `{ imports: [RoomsModule, TypeOrmModule.forRootAsync({}), ${element}] }`,
  ],
  ['no data source', '{ imports: [RoomsModule] }', `{ imports: [${element}, RoomsModule] }`],
  ['an empty list', '{ imports: [] }', `{ imports: [${element}] }`],
  ['no list', '{ providers: [] }', `{ imports: [${element}], providers: [] }`],
  ['no list, in lines', '{\n  providers: [],\n}', `{\n  imports: [${element}],\n  providers: [],\n}`],
  ['nothing', '{}', `{ imports: [${element}] }`],
])('%s is understood', (_what, before, after) => {
  expect(withModule(appModule(before)).edit!.text).toContain(`@Module(${after})`);
});

it.each([
  ['a list that stands elsewhere', appModule('{ imports: all }')],
  ['metadata that stand elsewhere', appModule('metadata')],
  ['a list that is put together', appModule('{ imports: [RoomsModule].concat(more) }')],
])('%s is not touched: what to paste is said', (_what, text) => {
  const { edit, paste } = withModule(text);
  expect(edit).toBeNull();
  expect(paste).toMatchObject({ path: 'src/app.module.ts', why: expect.stringMatching(/stands there/) });
  expect(paste!.text).toContain(`// among the imports of AppModule:\n${element},`);
  expect(paste!.text).toContain(`import { contracts, settings } from './strangler';`);
});

it('quotes, ends of statements and of lines are those of the file', () => {
  const text = appModule('{ imports: [] }').replaceAll("'", '"').replaceAll(';', '').replaceAll('\n', '\r\n');
  const found = withModule(text);
  expect(found.edit!.text).toContain('\r\nimport { StranglerModule } from "nestjs-strangler"\r\n');
  expect(found.edit!.text.replaceAll('\r\n', '')).not.toContain('\n');
  for (const { text: written } of found.files) {
    expect(written.replaceAll('\r\n', '')).not.toContain('\n');
    expect(written).not.toMatch(/;\r|'\.?\/|from '/);
  }
});

it('an ESM application imports files by their endings, a CommonJS one does not', () => {
  const esm = plan({ 'package.json': packageJson({ type: 'module' }) });
  expect(esm.edit!.text).toContain(`from './strangler.js';`);
  expect(textOf(esm, 'src/service.ts')).toContain(`import('./rooms/rooms.module.js')`);
  expect(textOf(plan(), 'src/service.ts')).toContain(
    `rooms: async () => (await import('./rooms/rooms.module')).RoomsModule,`,
  );
});

it('a root module that lies deeper has its files beside it', () => {
  const found = plan({
    'src/main.ts': main.replace('./app.module', './app/app.module'),
    'src/app.module.ts': null,
    'src/app/app.module.ts': appModule('{ imports: [RoomsModule] }').replace('./rooms', '../rooms'),
  });
  expect(found.files.map(({ path }) => path)).toContain('src/app/service.ts');
  expect(textOf(found, 'src/app/service.ts')).toContain(`import('../rooms/rooms.module')`);
});

describe('strangler.yaml', () => {
  it('is understood by who reads it, with each module at monolith once it has a contract', () => {
    const before = textOf(plan(), 'strangler.yaml');
    expect(before).toContain('\n#  rooms: { phase: monolith }\n');
    expect(parseFile(before, []).modules.size).toBe(0);
    const contract = `import { contract } from 'nestjs-strangler/contract';\nexport const rooms = contract('rooms', {});`;
    const after = textOf(plan({ 'src/rooms/rooms.contract.ts': contract }), 'strangler.yaml');
    expect(parseFile(after, ['rooms']).modules.get('rooms')?.phase).toBe('monolith');
  });
});

it.each([
  ['no package.json', { 'package.json': null }, /^no Nest application: there is no package.json/],
  ['another framework', { 'package.json': '{}' }, /package.json does not name @nestjs\/core and typeorm$/],
  [
    'no module',
    { 'src/app.module.ts': null, 'src/rooms/rooms.module.ts': null },
    /no class in this folder has @Module/,
  ],
  [
    'no start',
    { 'src/main.ts': null },
    /no file calls NestFactory.create .* AppModule \(src\/app.module.ts\)/,
  ],
  [
    'two starts',
    { 'src/admin.ts': main.replaceAll('AppModule', 'RoomsModule').replace('./app', './rooms/rooms') },
    /^several applications start in this folder/,
  ],
])('%s is said', (_what, files, message) => {
  expect(() => plan(files)).toThrow(message);
});

it('what is to be done next names what is missing', () => {
  const { next } = withModule(appModule('{ imports: [RoomsModule] }'));
  expect(next[0]).toBe('install what is missing: npm install nestjs-strangler @nestjs/microservices');
  expect(next[1]).toMatch(/^no file has TypeOrmModule.forRoot/);
  const all = {
    '@nestjs/core': '',
    typeorm: '',
    pg: '',
    'nestjs-strangler': '',
    '@nestjs/microservices': '',
  };
  expect(plan({ 'package.json': packageJson({ dependencies: all }) }).next[0]).toMatch(/^make the schema/);
});
