import { createHmac } from 'node:crypto';
import { EmbeddedError } from 'nestjs-strangler-embedded-servers';
import { provideDatabase } from './owned-database.js';

/**
 * URL of a database of this name on the embedded PostgreSQL, made if it is missing, for a plain role of the same name. Its password is derived from the
 * superuser's, so that there is no second secret to keep, and does not lead back to it.
 */
export async function plainUrl(superuserUrl: string, name: string): Promise<string> {
  if (!/^[a-z][a-z0-9_]*$/.test(name) || name === 'postgres' || name.startsWith('pg_')) {
    throw new EmbeddedError(`a database of the embedded PostgreSQL cannot have the name ${name}`);
  }
  const url = new URL(superuserUrl);
  const password = createHmac('sha256', url.password).update(`role ${name}`).digest('hex');
  await provideDatabase(superuserUrl, { name, role: name, password });
  url.username = name;
  url.password = password;
  url.pathname = `/${name}`;
  return url.href;
}
