import { CompilerMissing } from '../../assess/compiler.js';
import { InitError, type InitPlan } from '../../init/init-plan.js';
import { planInit } from '../../init/init.js';
import type { Command } from 'commander';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cli } from '../cli.js';
import { changing, type ChangingFlags } from '../command.js';
import { Failure } from '../failure.js';
import { diffLines } from '../text/diff.js';
import { line, type Line } from '../text/line.js';

interface Flags extends ChangingFlags {
  force?: true;
}

/** What becomes of a file. */
interface Change {
  path: string;
  /** `same`: there is nothing to do; `left`: somebody has changed it, and it stays as it is. */
  what: 'new' | 'changed' | 'same' | 'left';
  before: string | undefined;
  after: string;
}

/** `init [folder]`: brings the toolkit into an application of Nest and TypeORM. */
export const init = (program: Command, cli: Cli): Command =>
  changing(
    program,
    'init [folder]',
    'bring the toolkit into a Nest + TypeORM application: forRoot, strangler.yaml, the entry of its services',
    {
      'init --dry-run': 'what it would write into the application in this folder',
      'init ../clinic': 'write it',
    },
  )
    .option('--force', 'write also the files that are there and differ (never the root module anew)')
    .addHelpText('after', `\n${about}`)
    .action((folder: string | undefined, { json, dryRun, force }: Flags) => {
      const root = folder ?? '.';
      const plan = planned(root);
      const changes = changesOf(root, plan, force ?? false);
      if (!dryRun) for (const change of changes) write(root, change);
      if (json) return cli.out.json(answerOf(plan, changes));
      cli.out.print(changes.flatMap((change) => (dryRun ? shown(change) : [said(change)])));
      cli.out.print(advice(plan));
    });

const about = `It changes the file of the root module, and writes beside it strangler.ts (contracts and settings) and service.ts (the entry of
every service), and strangler.yaml in the folder. A file that is there is left as it is; what is there already is not put in again.`;

function planned(folder: string): InitPlan {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new Failure(`${folder} is no folder`);
  try {
    return planInit(folder);
  } catch (error) {
    if (error instanceof InitError || error instanceof CompilerMissing)
      throw new Failure(`${folder}: ${error.message}`);
    throw error;
  }
}

function changesOf(folder: string, { files, edit }: InitPlan, force: boolean): Change[] {
  const edited = edit && { path: edit.path, after: edit.text, before: textIn(join(folder, edit.path)) };
  return [
    ...(edited ? [{ ...edited, what: 'changed' as const }] : []),
    ...files.map(({ path, text: after }) => {
      const before = textIn(join(folder, path));
      if (before === undefined) return { path, what: 'new' as const, before, after };
      if (before === after) return { path, what: 'same' as const, before, after };
      return { path, what: force ? ('changed' as const) : ('left' as const), before, after };
    }),
  ];
}

function textIn(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Failure(`${path} cannot be read: ${(error as Error).message}`);
  }
}

function write(folder: string, { path, what, after }: Change): void {
  if (what === 'same' || what === 'left') return;
  try {
    // What came meanwhile is somebody's.
    writeFileSync(join(folder, path), after, { flag: what === 'new' ? 'wx' : 'w' });
  } catch (error) {
    throw new Failure(`${path} cannot be written: ${(error as Error).message}`);
  }
}

const words: Record<Change['what'], string> = {
  new: 'written',
  changed: 'changed',
  same: 'is there already',
  left: 'is there and differs: left as it is (--force writes it anew)',
};

const said = ({ path, what }: Change): Line =>
  line(`${path}: ${words[what]}`, what === 'left' ? 'yellow' : 'green');

const shown = (change: Change): Line[] =>
  change.what === 'same' || change.what === 'left'
    ? [said(change)]
    : [...diffLines(change.path, change.before, change.after), line('')];

function advice({ root, edit, paste, next }: InitPlan): Line[] {
  const there = edit || paste ? [] : [line(`${root.path}: has StranglerModule already`, 'green')];
  const pasted = paste && [
    line(`${paste.path} cannot be changed safely: ${paste.why}. Put this into it:`, 'yellow'),
    ...paste.text.split('\n').map((text) => line(`    ${text}`)),
  ];
  return [...there, ...(pasted ?? []), line('next:', 'bold'), ...next.map((text) => line(`  - ${text}`))];
}

const answerOf = ({ root, paste, served, next }: InitPlan, changes: readonly Change[]) => ({
  root,
  files: changes.map(({ path, what }) => ({ path, what })),
  paste,
  served,
  next,
});
