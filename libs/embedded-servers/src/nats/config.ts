import { createHmac, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Owner } from '../run-as.js';
import { writePrivately } from '../secret-file.js';
import { authorization, type NatsUser } from './user.js';

/** How clients get in. */
export interface NatsAccess {
  port: number;
  user: string;
  password: string;
}

/** May do all: the keeper, and tests. */
const USER = 'embedded';

/**
 * The server's configuration. Passwords are in this file, readable for the server's user only, and not on the command line,
 * which every user of the machine can read. The first user may do all. JetStream runs where a user may ask it; `store`: a folder for it.
 */
export function natsConfig(
  { port, password }: NatsAccess,
  users: readonly NatsUser[],
  store: string,
): string {
  const logins = users.map((may) => ({ name: may.name, password: passwordOf(password, may.name), may }));
  const lines = [
    '# Written anew at each start, and when a user is added.',
    'host: "127.0.0.1"',
    `port: ${port}`,
    // By default a client that was stopped would be given messages for minutes.
    'ping_interval: "5s"',
    'ping_max: 2',
    ...(users.some(asksJetStream) ? [`jetstream { store_dir: ${JSON.stringify(store)} }`] : []),
    authorization({ name: USER, password }, logins),
  ];
  return `${lines.join('\n')}\n`;
}

const asksJetStream = ({ publish }: NatsUser): boolean =>
  publish.some((subject) => subject.startsWith('$JS.'));

/** Writes the configuration for a start. A password that is there stays: clients know it. */
export async function writeNatsConfig(
  path: string,
  wanted: { port: number; owner: Owner | undefined; users: readonly NatsUser[]; store: string },
): Promise<NatsAccess> {
  const password = (await readNatsConfig(path))?.password ?? randomBytes(24).toString('hex');
  const access = { port: wanted.port, user: USER, password };
  await writePrivately(path, natsConfig(access, wanted.users, wanted.store), wanted.owner);
  return access;
}

/** What an earlier start wrote, if any. */
export async function readNatsConfig(path: string): Promise<NatsAccess | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const port = /^port: (\d+)$/m.exec(text)?.[1];
  const password = /password: "(\w+)"/.exec(text)?.[1];
  return port && password ? { port: Number(port), user: USER, password } : undefined;
}

/** The access of one user: its password follows from the first one's, and does not lead back to it. */
export const accessOf = ({ port, password }: NatsAccess, user: string): NatsAccess => ({
  port,
  user,
  password: passwordOf(password, user),
});

const passwordOf = (password: string, user: string): string =>
  createHmac('sha256', password).update(`user ${user}`).digest('hex');

export const urlOf = ({ port, user, password }: NatsAccess): string =>
  `nats://${user}:${password}@127.0.0.1:${port}`;
