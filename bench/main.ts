import 'reflect-metadata';
import { Argument, Command } from 'commander';
import { abuse } from './abuse/abuse.js';
import { ack } from './ack/ack.js';
import { capture } from './capture/capture.js';
import { decoding } from './decoding/decoding.js';
import { events } from './events/events.js';
import { flip } from './flip/flip.js';
import { gateway } from './gateway/gateway.js';
import { graphql } from './graphql/graphql.js';
import { handOffBench } from './hand-off/hand-off.js';
import { http } from './http/http.js';
import { orders } from './orders/orders.js';
import { page } from './page/page.js';
import { peers } from './peers/peers.js';
import { proof } from './proof/proof.js';
import { replication } from './replication/replication.js';
import { rpc } from './rpc/rpc.js';
import { saga } from './saga/saga.js';
import { BenchServers } from './servers.js';
import { verify } from './verify/verify.js';
import { writers } from './writers/writers.js';

/**
 * Answers one question. Resolves with whether its goals are met; `quick` makes it a test that it works; `before`: a
 * commit to compare with. */
type Bench = (servers: BenchServers, quick: boolean, before?: string) => Promise<boolean>;

const benches: Record<string, Bench> = {
  rpc,
  http,
  orders,
  proof,
  replication,
  capture,
  writers,
  decoding,
  events,
  saga,
  peers,
  ack,
  'hand-off': handOffBench,
  verify,
  abuse,
  flip,
  gateway,
  graphql,
  page,
};
const names = Object.keys(benches);

const questions = `
Names:
  rpc          what a call costs: direct, routed inside the process, routed over NATS, and by other ways
  http         HTTP throughput with ports against the same app with services injected directly
  orders       orders a second and their latency: all local against inventory in dual-write, and in another process
  proof        what it costs that a database proves itself: a command and an order, with and without
  replication  how fast an outbox is drained and rows from before are copied: against COPY out | COPY in
  capture      what a write costs whose rows go to another process, and how soon: against none of it, and writing twice
  writers      what it costs the sessions that write: captured against not, and against another commit
  decoding     what it costs a database that its changes go elsewhere: triggers and an outbox against logical decoding
  events       events told, delivered and handled a second, and how late: against graphile-worker's jobs
  saga         how long an order takes when each module is a process of its own: against one transaction
  peers        what calls of one module feel while another one is slow, or dead
  ack          what it costs to answer once the other side has a write: ack: both against ack: owner
  hand-off     how long writes wait while buckets change their owner
  flip         how long one word in strangler.yaml takes until inventory is extracted: without customers, with few, with many
  verify       how fast both sides' rows are compared: against COPY of both through md5sum
  gateway      what a product read costs through the gateway: against the monolith's API, express-http-proxy, httpxy, @fastify/http-proxy, nginx
  graphql      what it costs to ask in GraphQL: against REST, for the same data; and to refuse what asks for too much
  page         what the operator's page costs the shop that it shows: none against one open
  abuse        how long others wait while one client sends the worst that he can

Each needs a quiet machine. bench/README.md says how to read the figures.
Exit code: 0 when every goal is met; 1 when one is missed.`;

const command = new Command('npm run bench --')
  .description('Compares ways to do the same, in turn, in one run.')
  .addArgument(new Argument('[name...]', 'what to measure').choices(names).default(names, 'all'))
  .option('--before <commit>', 'orders, writers: compare with the programs of that commit, too')
  .option('--quick', 'short rounds: to see that it works, not to measure')
  .addHelpText('after', questions)
  .parse();

const servers = new BenchServers();
try {
  for (const name of new Set(command.processedArgs[0] as string[])) {
    console.log(`\n${name}`);
    const { quick = false, before } = command.opts<{ quick?: true; before?: string }>();
    const met = await benches[name]?.(servers, quick, before);
    if (!met) process.exitCode = 1;
  }
} finally {
  await servers.release();
}
process.exit();
