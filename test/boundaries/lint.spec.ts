import { execFile } from 'node:child_process';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { allowed, forbidden } from './forbidden-code.js';
import { root, Tree } from './tree.js';

interface FileReport {
  filePath: string;
  messages: { ruleId: string | null; message: string }[];
}

/** The linter's messages in a tree, by file. */
async function lint(folder: string): Promise<Map<string, FileReport['messages']>> {
  const args = [join(root, 'node_modules/eslint/bin/eslint.js'), '--config', join(root, 'eslint.config.mjs')];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...args, '--format', 'json', '.'], {
    cwd: folder,
    maxBuffer: 64 * 2 ** 20,
  }).catch((failed: unknown) => failed as { stdout: string; stderr: string });
  if (!stdout.startsWith('[')) throw new Error(stderr);
  const reports = JSON.parse(stdout) as FileReport[];
  return new Map(reports.map(({ filePath, messages }) => [relative(folder, filePath), messages]));
}

describe('the linter, in a shop of forbidden code', () => {
  let tree: Tree;
  let found: Map<string, FileReport['messages']>;
  beforeAll(async () => {
    tree = new Tree({ ...allowed, ...Object.fromEntries(forbidden.map(([, file, code]) => [file, code])) });
    found = await lint(tree.folder);
  }, 120_000);
  afterAll(() => tree.remove());

  it.each(forbidden)('"%s…" is said of %s', (says, file) => {
    const messages = found.get(file) ?? [];
    const others = messages.filter(({ ruleId, message }) => ruleId !== says && !message.includes(says));
    expect(messages).not.toEqual([]);
    expect(others).toEqual([]);
  });

  it.each(Object.keys(allowed))('nothing is said of %s', (file) => {
    expect(found.get(file)).toEqual([]);
  });
});
