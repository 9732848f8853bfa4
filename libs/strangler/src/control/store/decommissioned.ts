import { phases, policies } from '../../routes/phase.js';
import { Database } from '../../database/database.js';

/**
 * The modules whose code and tables a monolith's database no longer has. The toolkit's schema must be there.
 *
 * @internal
 */
export async function decommissionedModules(databaseUrl: string): Promise<string[]> {
  const database = new Database(databaseUrl);
  try {
    const rows = await database.query<{ module: string }>(
      'select module from strangler.module where phase = any($1) order by module',
      [phases.filter((phase) => policies[phase].ended)],
    );
    return rows.map(({ module }) => module);
  } finally {
    await database.close();
  }
}
