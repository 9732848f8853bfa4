import type { Assessment } from './assessment.js';
import { assessSources } from './assess.js';
import { loadCompiler } from './compiler.js';
import { readFolder } from './read/folder.js';

/**
 * Assesses the application in a folder. It reads sources, and nothing else: no database, no installation, no change.
 * @throws {CompilerMissing} where there is no TypeScript compiler.
 *
 * @example
 * ```ts
 * const { modules, order, leftOut } = assessFolder('../clinic');
 * ```
 */
export function assessFolder(folder: string): Assessment {
  loadCompiler(folder);
  return assessSources(readFolder(folder));
}
