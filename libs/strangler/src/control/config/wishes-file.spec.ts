import { Logger } from '@nestjs/common';
import { mkdir, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../../../../test/support/until.js';
import { parseWishes } from './wishes.js';
import { hashOf, WishesFile, type Wishes } from './wishes-file.js';

const parse = (text: string) => parseWishes(text, ['shelf', 'till']);
const file = (phase: string) => `modules: { shelf: { phase: ${phase} } }\n`;

let folder: string;
let path: string;
let told: Wishes[];
let wishes: WishesFile;
let stop: () => void;
let complaints: jest.SpyInstance;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wishes-'));
  path = join(folder, 'strangler.yaml');
  told = [];
  wishes = new WishesFile(path, parse, (read) => {
    if (read) told.push(read);
  });
  stop = () => undefined;
  complaints = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
  jest.spyOn(Logger.prototype, 'log').mockReturnValue();
});
afterEach(async () => {
  stop();
  jest.restoreAllMocks();
  await rm(folder, { recursive: true });
});

async function watched(text: string): Promise<void> {
  await writeFile(path, text);
  await wishes.load(false);
  stop = wishes.watch();
}

const phaseIs = (phase: string) =>
  until(`shelf is ${phase}`, () => (told.at(-1)?.get('shelf')?.phase === phase ? true : undefined));
const complains = (of: string) =>
  until(`it complains of ${of}`, () =>
    complaints.mock.calls.some(([line]) => String(line).includes(of)) ? true : undefined,
  );

it('no file means that no module is steered by it', async () => {
  await wishes.load(false);
  expect(told).toEqual([new Map()]);
});

it.each([
  ['missing', () => Promise.resolve(), 'is gone'],
  ['empty', () => writeFile(path, '\n'), 'is empty'],
])(
  'a %s file that has steered modules is refused: they keep what it said last',
  async (_what, leave, complaint) => {
    await leave();
    await wishes.load(true);
    expect(told).toEqual([]);
    expect(wishes.reading.problem).toContain(complaint);
    stop = wishes.watch();
    await writeFile(path, 'modules: {}\n');
    await until('it is left out by a file', () => (told.length > 0 ? true : undefined));
    expect(told).toEqual([new Map()]);
  },
);

it('a file that cannot be read is refused with its path, and is followed all the same', async () => {
  const unreadable = new WishesFile(folder, parse, () => undefined);
  await unreadable.load(false);
  expect(unreadable.reading).toMatchObject({ hash: null, problem: expect.stringContaining(folder) });
});

it('a wrong file at the start steers nothing, says its line, and the next good one counts', async () => {
  await watched('modules:\n  shelf: gone\n');
  expect(told).toEqual([]);
  expect(wishes.reading.problem).toMatch(
    /strangler.yaml line 2 refused: modules.shelf: phase must be one of/,
  );
  await writeFile(path, file('extracted'));
  await phaseIs('extracted');
  expect(wishes.reading).toMatchObject({ problem: null, hash: hashOf(file('extracted')) });
});

it('a changed file is taken up without a restart, and so is the next change', async () => {
  await watched(file('monolith'));
  await writeFile(path, file('extracted'));
  await phaseIs('extracted');
  await writeFile(path, file('monolith'));
  await phaseIs('monolith');
  expect(complaints).not.toHaveBeenCalled();
});

it('a file that appears after the start is taken up', async () => {
  await wishes.load(false);
  stop = wishes.watch();
  await writeFile(path, file('extracted'));
  await phaseIs('extracted');
});

it('a file that an editor replaces is taken up', async () => {
  await watched(file('monolith'));
  await writeFile(`${path}.new`, file('extracted'));
  await rename(`${path}.new`, path);
  await phaseIs('extracted');
});

it.each([
  ['a wrong file', () => writeFile(path, 'modules: { shelf: { phase: extract } }'), 'phase must be one of'],
  ['a file that is being written anew, empty for a moment,', () => truncate(path), 'is empty'],
  ['a file that is taken away', () => rm(path), 'is gone'],
])('%s changes nothing and says so; the next good one counts', async (_what, spoil, complaint) => {
  await watched(file('extracted'));
  const before = told.length;
  await spoil();
  await complains(complaint);
  expect(told).toHaveLength(before);
  await writeFile(path, file('monolith'));
  await phaseIs('monolith');
});

it('a file that could not be read for a moment is in force again, though it is the same', async () => {
  await watched(file('shadow'));
  await rename(path, `${path}.aside`);
  await mkdir(path);
  await complains('cannot be read');
  await rm(path, { recursive: true });
  await rename(`${path}.aside`, path);
  await until('it is read again', () => (wishes.reading.problem === null ? true : undefined));
  await phaseIs('shadow');
});
