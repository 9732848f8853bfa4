import { assessFolder } from '../../assess/assess-folder.js';
import { CompilerMissing } from '../../assess/compiler.js';
import { rulesText } from '../../assess/judge/rules.js';
import type { Assessment } from '../../assess/assessment.js';
import type { Command } from 'commander';
import { statSync } from 'node:fs';
import type { Cli } from '../cli.js';
import { looking, type LookingFlags } from '../command.js';
import { Failure } from '../failure.js';
import { assessmentLines } from '../text/assess.js';

/** `assess <folder>`: what it would take to move each module of an application out. It reads sources, and asks nobody. */
export const assess = (program: Command, cli: Cli): Command =>
  looking(
    program,
    'assess <folder>',
    'reads a Nest + TypeORM application: what each module would take to leave',
    {
      'assess .': 'the application in this folder; no database, no change',
      'assess ../clinic --json': 'the same as data',
    },
  )
    .addHelpText('after', `\n${rulesText}`)
    .action((folder: string, { json }: LookingFlags) => {
      const assessment = assessed(folder);
      if (json) cli.out.json(assessment);
      else cli.out.print(assessmentLines(assessment));
    });

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** What assess says of a folder. @throws {Failure} where it is none, or where nothing can read its sources. */
export function assessed(folder: string): Assessment {
  if (!isFolder(folder)) throw new Failure(`${folder} is no folder`);
  try {
    return assessFolder(folder);
  } catch (error) {
    if (error instanceof CompilerMissing) throw new Failure(error.message);
    throw error;
  }
}
