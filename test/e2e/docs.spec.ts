import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeProgram } from '#strangler/cli/program';
import { Cli, Misuse } from 'nestjs-strangler/cli';
import { shop } from '../../apps/cli/src/shop.js';
import { CommanderError } from 'commander';
import { blocksOf } from './support/followed.js';

/* What docs/ says is so: files are there, excerpts stand in them, command lines are understood. */
const pages = readdirSync('docs')
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);
const textOf = (page: string): string => readFileSync(page, 'utf8');
const plain = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** The folder of each hazard, by the name of its file. */
const hazards = new Map(
  readdirSync('test/hazards', { recursive: true })
    .map((path) => String(path).split('/'))
    .filter(([folder, name]) => folder !== 'support' && name?.endsWith('.spec.ts'))
    .map(([folder, name]) => [name as string, folder as string]),
);

describe.each(pages)('%s', (page) => {
  const text = textOf(page);

  it('names files and folders that exist', () => {
    const named = [...text.matchAll(/`((?:apps|bench|docs|examples|libs|migrations|test)\/[\w./-]+)`/g)];
    expect(named.map(([, path]) => path as string).filter((path) => !existsSync(path))).toEqual([]);
  });

  it('names hazard tests that exist', () => {
    const named = [...text.matchAll(/`([\w.-]+\.spec\.ts)`/g)].map(([, name]) => name as string);
    expect(named.filter((name) => !hazards.has(name))).toEqual([]);
  });

  it('shows code as it stands in its file', () => {
    for (const [, path = '', code = ''] of text.matchAll(/```ts\n\/\/ (\S+)\n([^]*?)```/g)) {
      expect(plain(textOf(path))).toContain(plain(code));
    }
    expect(text.match(/```ts\n(?!\/\/ \S+\.ts\n)/)).toBeNull();
  });
});

it('every hazard is in the folder of a promise, and the page of promises names each folder', () => {
  const loose = readdirSync('test/hazards').filter((name) => name.endsWith('.ts'));
  expect(loose).toEqual([]);
  const named = [...textOf('docs/guarantees.md').matchAll(/^\| `([\w-]+)`/gm)].map(([, folder]) => folder);
  expect(named.sort()).toEqual([...new Set(hazards.values())].sort());
});

const decisions = readdirSync('docs/adr').map((name) => `docs/adr/${name}`);
const besides = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'UPGRADING.md', 'bench/README.md'];

describe('links', () => {
  /** As GitHub names the headings of a page. */
  const anchorsOf = (page: string): Set<string> => {
    const headings = textOf(page)
      .replace(/^```[^]*?^```/gm, '')
      .matchAll(/^#+ (.*)$/gm);
    const named = [...headings].map(([, heading = '']) =>
      heading
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    );
    return new Set(named);
  };

  it.each([...pages, ...decisions, ...besides])('%s leads to pages and headings that exist', (page) => {
    const links = [...textOf(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)];
    const dead = links.filter(([, path = '', anchor]) => {
      const to = path ? join(dirname(page), path) : page;
      return !existsSync(to) || (anchor && to.endsWith('.md') && !anchorsOf(to).has(anchor));
    });
    expect(dead.map(([link]) => link)).toEqual([]);
  });
});

it('the page of the parts names every room of the toolkit', () => {
  const text = textOf('docs/architecture.md');
  const rooms = readdirSync('libs/strangler/src', { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  expect(rooms.length).toBeGreaterThan(10);
  expect(rooms.filter(({ name }) => !text.includes(`| \`${name}/`)).map(({ name }) => name)).toEqual([]);
});

it('decisions name tests that exist as their evidence', () => {
  const tests = ['apps', 'bench', 'libs', 'test'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.spec.ts') && !file.includes('node_modules'))
      .map((file) => join('/', folder, file)),
  );
  const missing = decisions.flatMap((page) =>
    [...textOf(page).matchAll(/`(\w[\w/.-]*\.spec\.ts)`/g)]
      .map(([, named = '']) => named)
      .filter((named) => !tests.some((file) => file.endsWith(`/${named}`)))
      .map((named) => `${page}: ${named}`),
  );
  expect(missing).toEqual([]);
});

it('no decision has a heading with nothing below it', () => {
  const empty = decisions.flatMap((page) =>
    [...textOf(page).matchAll(/^## (.+)\n+(?=## |(?![^]))/gm)].map(([, heading]) => `${page}: ${heading}`),
  );
  expect(empty).toEqual([]);
});

it('the workflow of GitHub runs what CI runs', () => {
  expect(textOf('.github/workflows/ci.yml')).toContain('run: .ci/run');
});

it('every fear names the test that tries it', () => {
  const fears = textOf('docs/what-if.md').split('\n## ').slice(1);
  expect(fears.length).toBeGreaterThan(12);
  expect(fears.filter((fear) => !/\*\*Tried\s+by\*\*\s+`[\w/.-]+\.spec\.ts`/.test(fear))).toEqual([]);
});

it('adopting shows code of the example', () => {
  expect(textOf('docs/adopting.md').match(/```ts\n\/\/ examples\/shipping\//g)?.length).toBeGreaterThan(3);
});

it('adopting counts the lines of an application that change, as git does', () => {
  const patches = blocksOf('docs/adopting.md', 'The whole way').filter(({ kind }) => kind === 'diff');
  const files = patches
    .flatMap(({ text }) => text.split(/^(?=--- a\/)/m))
    .filter((text) => /^--- a/.test(text));
  const [module = 0, strangler = 0, ...more] = files.map(
    (text) => text.match(/^[+-](?![+-]{2} )/gm)?.length ?? 0,
  );
  expect(more).toEqual([]);
  expect(plain(textOf('docs/adopting.md'))).toContain(
    `${module + strangler} lines of the application's files have changed: ${module} in the module, and ${strangler} in the`,
  );
});

describe('every command line', () => {
  const lines = [...pages, 'README.md'].flatMap((page) =>
    [...textOf(page).matchAll(/npm run (?:-s )?strangler -- ([^#`\n]+)/g)].map(([, args = '']) =>
      args.trim(),
    ),
  );
  const before = { ...process.env };
  beforeAll(() => {
    // Nobody answers: a command that is understood fails for that, and any other before it.
    Object.assign(process.env, {
      ADMIN_URL: 'http://127.0.0.1:1',
      SHOP_URL: 'http://127.0.0.1:1',
      ADMIN_TOKEN: 'a.b.c',
    });
  });
  afterAll(() => {
    process.env = before;
  });

  // These end only when they are told to, or need nobody, or ask a database instead (direct.spec).
  const asked = [...new Set(lines)].filter(
    (line) => !/--watch|--database-url|^boundaries|^nats-config|^--help/.test(line),
  );
  it.each(asked)('%s', async (line) => {
    const program = makeProgram(new Cli(shop, process, process.env)).configureOutput({
      writeErr: () => undefined,
    });
    const outcome = await program
      .parseAsync(line.split(' '), { from: 'user' })
      .catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(Error);
    expect(outcome).not.toBeInstanceOf(CommanderError);
    expect(outcome).not.toBeInstanceOf(Misuse);
    expect((outcome as Error).message).toContain('nothing answers');
  });

  it('was found', () => {
    expect(asked.length).toBeGreaterThan(15);
  });
});

it('nothing that is installed tells anybody of it', () => {
  const { scarfSettings } = JSON.parse(readFileSync('package.json', 'utf8')) as { scarfSettings: object };
  expect(scarfSettings).toEqual({ enabled: false });
});

it('every script that is named exists', () => {
  // docs/adopting.md follows an application with scripts of its own.
  const scripts = ['package.json', 'examples/nest-app/package.json'].flatMap((file) =>
    Object.keys((JSON.parse(textOf(file)) as { scripts: object }).scripts),
  );
  const named = [...pages, 'README.md'].flatMap((page) =>
    [...textOf(page).matchAll(/npm run (?:-s )?([\w:]+)/g)].map(([, name = '']) => name),
  );
  expect(named.filter((name) => !scripts.includes(name))).toEqual([]);
});
