import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';

// What is packed beside both builds: their types, which are the same.
run('npm run -s build');
run('tsc -p tsconfig.build.json');
cpSync('dist', 'cjs', {
  recursive: true,
  filter: (path) => !/\.[^./]+$/.test(path) || path.endsWith('.d.ts'),
});

function run(command) {
  const { status } = spawnSync(command, { shell: true, stdio: ['ignore', process.stderr, process.stderr] });
  if (status !== 0) process.exit(status ?? 1);
}
