import { StartError } from 'nestjs-strangler';
import { createDatabase } from './create-database.js';
import { tlsAdvice } from './database-setting.js';
import { assertDirect } from './pooled-sessions.js';
import { migrate, type DatabaseSide } from './migrate.js';

/**
 * Makes a database ready for these modules: created if it is missing, migrated to the form of its side. @throws {StartError} naming the
 * `setting` when it cannot be reached or entered.
 */
export async function openDatabase(
  url: string,
  modules: readonly string[],
  setting: string,
  side: DatabaseSide = 'monolith',
): Promise<void> {
  try {
    await createDatabase(url);
  } catch (error) {
    const { host, pathname } = new URL(url);
    const { code, message } = error as NodeJS.ErrnoException;
    throw new StartError(
      `the database ${pathname.slice(1)} at ${host} (${setting}) cannot be opened: ${message || code}${tlsAdvice(error as Error)}`,
      { cause: error },
    );
  }
  await assertDirect(url, setting);
  await migrate(url, modules, side);
}
