import { startBackfill } from '../../libs/strangler/src/replication/backfill.js';
import { BenchServers } from '../servers.js';
import { benchReceiver, benchRelay, benchSide, insertItems } from './sides.js';
import { spawn } from 'node:child_process';

const servers = new BenchServers();
const from = await benchSide(servers, 'monolith');
const to = await benchSide(servers, 'extracted');
const n = Number(process.argv[2] ?? 100000);
await insertItems(from, n);
await from.database.query('truncate strangler.outbox');
await from.database.query('analyze');
// COPY | COPY
const psql = process.env['PSQL'];
const receiver = benchReceiver(to);
let bytes = 0, frames = 0, applyMs = 0;
const relay = benchRelay(from, async (f) => { bytes += f.length; frames++; const t = performance.now(); const r = await receiver.apply(f); applyMs += performance.now() - t; if (r.outcome !== 'stored') console.log(r); return r; }, 1048576);
await startBackfill(from.database, 'bench', from.tables);
const wait = async (sql: string) => { for (;;) { const [r] = await from.database.query<{ok: boolean}>(sql); if (r!.ok) return; await new Promise((x) => setTimeout(x, 5)); } };
let t = performance.now();
relay.start();
await wait('select bool_and(done) as ok from strangler.backfill');
let s = (performance.now() - t) / 1000;
console.log('backfill', Math.round(n / s), 'rows/s', frames, 'frames', bytes / frames, 'bytes', applyMs / frames, 'ms apply');
await relay.stop();
for (let round = 0; round < 2; round++) {
  // random order
  await from.database.query('update bench.item set amount = amount + 1 where id in (select id from bench.item order by random())');
  await from.database.query('analyze');
  const [c] = await from.database.query<{ c: number }>('select count(*)::int as c from strangler.outbox');
  frames = 0; applyMs = 0; bytes = 0;
  t = performance.now();
  relay.start();
  await wait('select not exists(select from strangler.outbox) as ok');
  s = (performance.now() - t) / 1000;
  console.log('outbox', c!.c, Math.round(c!.c / s), 'rows/s', frames, 'frames', bytes / frames, applyMs / frames, 'ms apply');
  await relay.stop();
}
await from.database.close(); await to.database.close();
await servers.release();
process.exit();
