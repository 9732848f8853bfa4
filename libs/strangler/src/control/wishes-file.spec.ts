import { Logger } from '@nestjs/common';
import { mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../../../test/support/until.js';
import { Routes } from '../routes.js';
import { WishesFile } from './wishes-file.js';
import { WishesError } from './wishes.js';

const file = (phase: string) => `modules: { shelf: { phase: ${phase} } }\n`;

let folder: string;
let path: string;
let routes: Routes;
let wishes: WishesFile;
let stop: () => void;
let complaints: jest.SpyInstance;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wishes-'));
  path = join(folder, 'strangler.yaml');
  routes = new Routes();
  wishes = new WishesFile(path, ['shelf', 'till'], routes);
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
  await wishes.load();
  stop = wishes.watch();
}

const phaseIs = (phase: string) =>
  until(`shelf is ${phase}`, () => (routes.phaseOf('shelf') === phase ? true : undefined));
const complains = (of: string) =>
  until(`it complains of ${of}`, () =>
    complaints.mock.calls.some(([line]) => String(line).includes(of)) ? true : undefined,
  );

it('no file means that every module is on monolith', async () => {
  await wishes.load();
  expect(routes.snapshot()).toEqual({ shelf: 'monolith', till: 'monolith' });
});

it('a file that cannot be read stops the start with its path', async () => {
  const unreadable = new WishesFile(folder, ['shelf'], routes);
  await expect(unreadable.load()).rejects.toThrow(WishesError);
  await expect(unreadable.load()).rejects.toThrow(folder);
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
  await wishes.load();
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
  const heard = jest.fn();
  routes.onChange(heard);
  await spoil();
  await complains(complaint);
  expect(heard).not.toHaveBeenCalled();
  expect(routes.phaseOf('shelf')).toBe('extracted');
  await writeFile(path, file('monolith'));
  await phaseIs('monolith');
});
