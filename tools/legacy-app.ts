import { EmbeddedServers, runServer } from '#platform';
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

await runServer(async ({ PATH = '', DATA_DIR: dataDir = '.data' }, closing) => {
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
