import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// What `npm run build` reads, and within it what it does not; a file that was taken away shows in its folder.
const sources = ['.swcrc', 'apps', 'bench', 'docs', 'examples', 'libs', 'migrations', 'test', 'tools'];
const unread = [
  join('libs', 'embedded-servers', 'dist'),
  join('libs', 'strangler', 'dist'),
  join('libs', 'strangler', 'cjs'),
  join('libs', 'strangler', 'page', 'dist'),
  join('examples', 'nest-app'),
];
const stamp = 'dist/.built';

const changedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  const inside = readdirSync(path, { withFileTypes: true });
  const read = inside.filter(({ name }) => !unread.includes(join(path, name)));
  return Math.max(
    // A build changes a folder by what it makes there.
    read.length < inside.length ? 0 : stat.mtimeMs,
    ...read.map((entry) =>
      entry.isDirectory() ? newest(join(path, entry.name)) : changedAt(join(path, entry.name)),
    ),
  );
}

const begun = new Date();
if (Math.max(...sources.map(newest)) >= changedAt(stamp)) {
  const { status, stdout, stderr } = spawnSync('npm', ['run', '-s', 'build'], { encoding: 'utf8' });
  if (status !== 0) {
    process.stderr.write(stdout + stderr);
    process.exit(status ?? 1);
  }
  // What changes while it builds is newer than the stamp.
  mkdirSync('dist', { recursive: true });
  writeFileSync(stamp, '');
  utimesSync(stamp, begun, begun);
}
