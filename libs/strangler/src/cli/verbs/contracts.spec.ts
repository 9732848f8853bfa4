import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contract, query, type Contract } from '../../contract/index.js';
import { Word } from '../../contract/word.fixture.js';
import { Cli } from '../cli.js';
import { installed } from '../installed.js';
import { runCommandLine } from '../run-command-line.js';

class Named {
  @Word() name: string;
}
const look = query({ input: Named, output: Named, errors: ['not_found'], key: 'name' });
const scales = (operations: Record<string, typeof look>) =>
  contract('scales', { ownership: 'by-key', operations });

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'contracts-'))));
afterAll(() => rmSync(folder, { recursive: true }));

async function run(contracts: Contract | undefined, ...args: string[]) {
  const texts = { out: '', err: '' };
  const into = (name: keyof typeof texts) => ({ write: (text: string) => (texts[name] += text) });
  const known = contracts && {
    contracts: () => Promise.resolve({ contracts: [contracts], calls: { shop: { scales: ['look'] } } }),
  };
  const cli = new Cli({ ...installed, ...known }, { stdout: into('out'), stderr: into('err') }, {});
  const code = await runCommandLine(['contracts', ...args], cli);
  return { code: code || cli.exitCode, ...texts };
}

it('what was released is compared with what is, and who is broken is named', async () => {
  const released = ['--released', join(folder, 'contracts.lock.json')];
  expect((await run(scales({ look }), 'check', ...released)).err).toMatch(/"contracts export" writes it/);
  const { out } = await run(scales({ look }), 'export', ...released);
  expect(out).toContain('1 modules, 1 operations, 0 events');
  expect(JSON.parse((await run(scales({ look }), 'asyncapi')).out)).toMatchObject({ asyncapi: '3.0.0' });
  expect(await run(scales({ look }), 'check', ...released)).toMatchObject({
    code: 0,
    out: 'nothing has changed since the last release\n',
  });
  expect((await run(scales({ look, find: look }), 'check', ...released)).code).toBe(0);
  const broken = await run(scales({ find: look }), 'check', ...released);
  expect(broken.code).toBe(1);
  expect(broken.out).toContain('breaks shop: scales.look is gone\n');
});

it('an application that is not known is to say where its contracts are', async () => {
  expect(await run(undefined, 'check', '--released', 'package.json')).toMatchObject({
    code: 2,
    err: expect.stringContaining('--from: the compiled file') as string,
  });
  const { code, err } = await run(undefined, 'export', '--from', 'nowhere.js');
  expect([code, err]).toEqual([1, expect.stringContaining('nowhere.js cannot be loaded')]);
});
