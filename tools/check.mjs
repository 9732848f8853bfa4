// Runs every part of `npm run check`, also after one has failed, and ends with a table of them.
import { spawnSync } from 'node:child_process';

const parts = ['format', 'lint', 'types', 'boundaries', 'diagram', 'unused'];

const results = parts.map((part) => {
  console.log(`\ncheck:${part}`);
  const began = Date.now();
  const { status } = spawnSync(`npm run --silent check:${part}`, { stdio: 'inherit', shell: true });
  return { part, passed: status === 0, seconds: (Date.now() - began) / 1000 };
});

console.log('');
for (const { part, passed, seconds } of results) {
  console.log(`${passed ? 'passed' : 'FAILED'}  ${part.padEnd(12)}${seconds.toFixed(1).padStart(5)} s`);
}
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
