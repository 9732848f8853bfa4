import type { users } from '#contracts';
import type { Port } from 'nestjs-strangler';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { stableId } from '../file/customers.js';
import { SampleError } from '../sample-error.js';
import { keepOnce, readKept } from './kept-file.js';
import { hashPassword, randomPassword } from './password.js';
import { unless } from './patiently.js';

/** The admin's credentials, or the folder that keeps random ones. */
export type AdminSource = { email: string; password: string } | { dataDir: string };

export interface AdminAccount {
  id: string;
  email: string;
  /** Where the password can be found; `undefined` when it was given. */
  file: string | undefined;
  /** False when the account was there already; its password is then left as it is. */
  created: boolean;
}

type Login = { email: string; password: string };

const fields = ['email', 'password'] as const;
const defaultEmail = 'admin@shop.example';

/** Where the admin's random password is kept. */
const adminFile = (dataDir: string): string => join(dataDir, 'admin.json');

/** The admin of this installation as it was set up, known without the users module. @throws {SampleError} */
export async function adminLogin(source: AdminSource): Promise<(Login & { id: string }) | undefined> {
  const login = 'email' in source ? source : await readKept<Login>(adminFile(source.dataDir), fields);
  if (!login) return undefined;
  const email = login.email.trim().toLowerCase();
  return { id: adminId(email), email, password: login.password };
}

const adminId = (email: string): string => stableId(`admin ${email}`);

/** Makes sure that there is an admin. Several processes may do so at once. @throws {SampleError} */
export async function ensureAdmin(port: Port<typeof users>, source: AdminSource): Promise<AdminAccount> {
  const file = 'dataDir' in source ? adminFile(source.dataDir) : undefined;
  const known = 'email' in source ? source : await readKept<Login>(adminFile(source.dataDir), fields);
  const email = (known?.email ?? defaultEmail).trim().toLowerCase();
  const account = { id: adminId(email), email, file };
  if (await isThere(port, account.id)) return { ...account, created: false };
  const { password } = 'email' in source ? source : await keptLogin(adminFile(source.dataDir));
  return { ...account, created: await importAdmin(port, account, password) };
}

const isThere = async (port: Port<typeof users>, id: string): Promise<boolean> =>
  (await unless('not_found', () => port.getUser({ id }))) !== undefined;

/** Written before the account is made: else a crash in between would leave an admin whose password nobody knows. */
const keptLogin = (file: string): Promise<Login> =>
  keepOnce<Login>(file, fields, () => Promise.resolve({ email: defaultEmail, password: randomPassword() }));

async function importAdmin(
  port: Port<typeof users>,
  { id, email }: { id: string; email: string },
  password: string,
): Promise<boolean> {
  const passwordHash = await hashPassword(password);
  const input = { id, email, name: 'Admin', role: 'admin' as const, profile: {}, passwordHash };
  const commandId = uuidv7();
  const made = await unless('email_taken', () => port.importUser(input, { commandId }));
  // Not made: another process was faster, or the e-mail is someone else's.
  if (made || (await isThere(port, id))) return made !== undefined;
  throw new SampleError(`${email} belongs to an ordinary user: set ADMIN_EMAIL to another address`);
}
