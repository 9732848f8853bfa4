import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Owner } from '../run-as.js';
import { writePrivately } from '../secret-file.js';

/** How clients get in. */
export interface NatsAccess {
  port: number;
  user: string;
  password: string;
}

const USER = 'embedded';

/**
 * Writes the server's configuration. The password is in this file, readable for the server's user only, and not on the
 * command line, which every user of the machine can read. A password that is there stays: clients know it.
 */
export async function writeNatsConfig(
  path: string,
  wanted: { port: number; owner: Owner | undefined },
): Promise<NatsAccess> {
  const password = (await readNatsConfig(path))?.password ?? randomBytes(24).toString('hex');
  const lines = [
    '# Written anew at each start.',
    'host: "127.0.0.1"',
    `port: ${wanted.port}`,
    `authorization { user: "${USER}", password: "${password}" }`,
  ];
  await writePrivately(path, `${lines.join('\n')}\n`, wanted.owner);
  return { port: wanted.port, user: USER, password };
}

/** What an earlier start wrote, if any. */
export async function readNatsConfig(path: string): Promise<NatsAccess | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const port = /^port: (\d+)$/m.exec(text)?.[1];
  const password = /password: "(\w+)"/.exec(text)?.[1];
  return port && password ? { port: Number(port), user: USER, password } : undefined;
}
