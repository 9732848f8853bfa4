import { writeSync } from 'node:fs';
import { Database } from '#strangler/database/database';
import { Receiver } from '#strangler/engine/replication/apply';
import { Deliveries } from '#strangler/engine/replication/deliveries';
import { decodeFrame } from '#strangler/engine/replication/frame';
import { Relay } from '#strangler/engine/replication/relay';
import { describeTables } from '#strangler/database/tables';
import { fruit } from './replication.js';

/*
 * A relay of the module `fruit` as a process of its own, from the database named first to the one named second. It stops
 * itself when it has read its first rows, as by SIGSTOP, and sends them when it is woken.
 */
const [from, to] = process.argv.slice(2).map((url) => new Database(url)) as [Database, Database];
const [tables, there] = await Promise.all([describeTables(from, fruit), describeTables(to, fruit)]);
const receiver = new Receiver(to, there, fruit.module);
/** Written before anything else happens: a stopped process prints nothing. */
const say = (line: string): unknown => writeSync(1, `${line}\n`);

let met = false;
new Relay({
  ...{ database: from, module: fruit.module, side: 'monolith', tables, maxPayload: () => 1_048_576 },
  deliveries: new Deliveries(from, fruit.module),
  send: async (frame) => {
    if (met || decodeFrame(frame).parts.length === 0) {
      if (!met) say('leads');
      return receiver.apply(frame);
    }
    met = true;
    say('has read');
    process.kill(process.pid, 'SIGSTOP');
    const reply = await receiver.apply(frame);
    say(`was answered: ${reply.outcome}`);
    return reply;
  },
}).start();
