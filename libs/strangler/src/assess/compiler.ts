import type t from 'typescript';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The TypeScript compiler, of which only the parser is used. It is there after `loadCompiler`. */
export let ts: typeof t;

/**
 * Takes the TypeScript compiler of this package or, where it has none (it is a development dependency), that of the
 * application that is read. TypeScript 7 has no parser for others, and is passed over.
 *
 * @throws {CompilerMissing} where neither has one.
 */
export function loadCompiler(folder: string): void {
  for (const from of [import.meta.url, join(folder, 'package.json')]) {
    const found = compilerFrom(from);
    if (found) {
      ts = found;
      return;
    }
  }
  throw new CompilerMissing(
    `assess reads sources with the TypeScript compiler, and there is none here and none in ${folder}: ` +
      'run "npm ci" there with all packages, or "npm install --save-dev typescript@6"',
  );
}

/**
 * There is nothing that can read TypeScript.
 *
 * @example
 * ```ts
 * const messageOf = (error: unknown) => (error instanceof CompilerMissing ? error.message : undefined); // says what to install
 * ```
 */
export class CompilerMissing extends Error {}

function compilerFrom(file: string): typeof t | undefined {
  try {
    const found = createRequire(file)('typescript') as Partial<typeof t>;
    return found.createSourceFile && found.parseConfigFileTextToJson ? (found as typeof t) : undefined;
  } catch {
    return undefined;
  }
}
