import type { Opened } from '../chaos-shop.js';
import { Ballast, diskOf } from '../disks.js';
import type { Fault, Machine } from '../plan.js';
import type { Crew } from '../../hazards/support/crews.js';
import type { Failing } from './fault.js';
import { LinkFails } from './links.js';
import { ProgramKilled, ProgramStopped } from './programs.js';
import { DatabaseKilled, DiskFull, NatsWiped, ServerStopped } from './servers.js';

/** What carries a fault out. `folder`: that of the run. */
export function failingOf(fault: Fault, { shop, store }: Opened, folder: string): Failing {
  switch (fault.kind) {
    case 'monolith killed':
    case 'service killed':
      return new ProgramKilled(shop, fault.at);
    case 'monolith stopped':
    case 'service stopped':
      return new ProgramStopped(shop, fault.at);
    case 'NATS stopped':
      return new ServerStopped(shop.nats);
    case 'NATS wiped':
      return new NatsWiped(shop.nats, store);
    case 'database stopped':
      return new ServerStopped(shop.servers[fault.side]);
    case 'database killed':
      return new DatabaseKilled(shop.servers[fault.side]);
    case 'disk full':
      return new DiskFull(shop.servers[fault.side], new Ballast(diskOf(folder, fault.side)));
    case 'link cut':
      return new LinkFails(shop.ways.of(fault.crew, fault.to), (link) => link.cut());
    case 'link silent':
      return new LinkFails(shop.ways.of(fault.crew, fault.to), (link) => link.freeze({ all: true }));
    case 'link slow':
      return new LinkFails(shop.ways.of(fault.crew, fault.to), (link) => link.delay(fault.delayMs));
  }
}

/** In words. */
export function describe(fault: Fault): string {
  if ('at' in fault) return `${fault.kind}: ${nameOf(fault.at)}`;
  if ('side' in fault) return `${fault.kind}: ${fault.side}`;
  if (!('crew' in fault)) return fault.kind;
  const slow = fault.kind === 'link slow' ? `, ${fault.delayMs} ms` : '';
  return `${fault.kind}: ${crewName(fault.crew)} to ${fault.to}${slow}`;
}

const nameOf = ({ crew, module }: Machine): string =>
  `${crew.side === 'monolith' ? 'monolith' : module} ${crew.copy}`;

const crewName = ({ side, copy }: Crew): string => `machine ${copy} of ${side}`;
