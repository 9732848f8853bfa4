import { assertPortFree, EmbeddedServers, runServer, type Environment } from '#platform';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/*
 * `npm run start:legacy`: both applications of examples/legacy-app, on ports 4000 and 4001, with a database on the embedded PostgreSQL.
 * They know nothing of it: each is a program with settings of its own.
 */
const programs = ['src', 'next'].map((folder) =>
  join(import.meta.dirname, '../examples/legacy-app', folder, 'main.js'),
);

const usage = `usage: npm run start:legacy

Opens both applications of examples/legacy-app, at ports 4000 and 4001: the one that was there, and the one in modules that its routes move
to. Their database is on the embedded PostgreSQL, in DATA_DIR.`;

const settings = ({ PATH = '', DATA_DIR: dataDir = '.data' }: Environment) => ({ PATH, dataDir });

await runServer({ usage, settings }, async ({ settings: { PATH, dataDir } }, closing) => {
  for (const port of [4000, 4001]) await assertPortFree(port, undefined);
  const servers = new EmbeddedServers(dataDir, (line) => console.log(line));
  closing.add(() => servers.release());
  // Sessions outlast a restart, on this machine only.
  const env = { PATH, DATABASE_URL: await servers.database('harbour'), SESSION_SECRET: 'not for the world' };
  for (const program of programs) {
    const child = spawn(process.execPath, [program], { env, stdio: 'inherit' });
    closing.add(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    });
    // It has said why.
    child.once('exit', () => process.kill(process.pid, 'SIGTERM'));
  }
});
