import { transformSync } from '@swc/core';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Database } from '#strangler/database/database';
import type { Edit } from './mutations.js';

/** @throws unless it is there exactly once: a mutation that changes nothing would pass for one that harms nobody. */
function replaced(text: string, { from, to }: Edit): string {
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error(`"${from}" is there ${parts.length - 1} times`);
  return parts.join(to);
}

/** Has modules that are loaded from here on take the changed source. In a registry of their own (jest.isolateModules). */
export function mutateSources(edits: readonly Edit[]): void {
  const files = new Set(edits.flatMap((edit) => ('file' in edit ? [edit.file] : [])));
  for (const file of files) {
    const path = join(process.cwd(), file);
    const source = edits
      .filter((edit) => 'file' in edit && edit.file === file)
      .reduce(replaced, readFileSync(path, 'utf8'));
    jest.doMock(path, () => evaluated(path, source, (other) => files.has(relative(process.cwd(), other))));
  }
}

/** From here on modules are loaded as they are. */
export function restoreSources(edits: readonly Edit[]): void {
  for (const edit of edits) if ('file' in edit) jest.dontMock(join(process.cwd(), edit.file));
  jest.resetModules();
}

/** `isChanged`: another file that is changed as well. */
function evaluated(path: string, source: string, isChanged: (path: string) => boolean): unknown {
  const { code } = transformSync(source, {
    ...{ filename: path, swcrc: false, module: { type: 'commonjs' } },
    jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' },
  });
  const module = { exports: {} };
  const load = (name: string): unknown => {
    const from = name.startsWith('.') ? join(dirname(path), name.replace(/\.js$/, '.ts')) : name;
    return isChanged(from) ? jest.requireMock(from) : jest.requireActual(from);
  };
  // The only way to run a text as a module of CommonJS.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  (new Function('exports', 'require', 'module', code) as (...of: unknown[]) => void)(
    module.exports,
    load,
    module,
  );
  return module.exports;
}

/** The functions of one database. */
export async function mutateFunctions(database: Database, edits: readonly Edit[]): Promise<void> {
  for (const edit of edits) {
    if (!('function' in edit)) continue;
    // Functions that only refuse older releases have the same names.
    const rows = await database.query<{ text: string }>(
      `select pg_get_functiondef(oid) as text from pg_proc
       where pronamespace = 'strangler'::regnamespace and proname = $1 order by pronargs desc limit 1`,
      [edit.function],
    );
    await database.query(replaced(rows[0]?.text ?? '', edit));
  }
}
