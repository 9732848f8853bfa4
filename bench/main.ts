import { acquireEmbedded, projectRoot } from '#platform';
import { join } from 'node:path';
import { rpc } from './rpc/rpc.js';

const benches: Record<string, (natsUrl: string) => Promise<boolean>> = { rpc };
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in benches));

if (unknown.length > 0 || wanted.includes('--help')) {
  console.error(`usage: npm run bench [-- name…]   names: ${Object.keys(benches).join(', ')}`);
  process.exit(unknown.length > 0 ? 1 : 0);
}
const lease = await acquireEmbedded({ dataDir: join(projectRoot(), '.data/bench') });
try {
  const url = process.env['NATS_URL'] ?? (await lease.need('nats'));
  for (const name of wanted.length > 0 ? wanted : Object.keys(benches)) {
    console.log(`\n${name}`);
    if (!(await benches[name]?.(url))) process.exitCode = 1;
  }
} finally {
  await lease.release();
}
process.exit();
