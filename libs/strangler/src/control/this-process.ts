import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../database/database.js';
import type { DatabasePlace } from '../database/server.js';
import type { NatsLink } from '../nats/link.js';
import type { SideState } from '../sides/side.js';
import { absenceOf } from './conditions/absence.js';
import type { FileReading } from './config/wishes-file.js';
import { leaderIn } from './store/notices.js';
import type { ProcessView } from './store/processes.js';
import type { DatabaseStatus, ProcessStatus } from './terms/process-status.js';

/** How long a database may take to say that it is there, in ms. */
const patienceMs = 2_000;

/** What is known of this process elsewhere. */
export interface ThisProcessParts {
  /** What the application says of itself. */
  says: Pick<ProcessStatus, 'name' | 'version' | 'environment'>;
  link: Pick<NatsLink, 'current' | 'asleep' | 'server' | 'subjects'>;
  database: Pick<Database, 'place' | 'query'>;
  modules: readonly string[];
  /** Modules whose other side is needed now. */
  away: () => readonly string[];
  /** How the other side of a module stands. */
  state: (module: string) => Promise<Pick<SideState, 'place'>>;
  leads: () => string[];
  /** The processes that are there. */
  live: () => readonly ProcessView[];
  reading: () => FileReading;
}

/** Says what this process is and works with. */
export class ThisProcess {
  /** Where the databases of services are, as they have said last. */
  private readonly places = new Map<string, DatabasePlace>();

  constructor(private readonly parts: ThisProcessParts) {}

  /** It takes a while where a database gives no answer, and does not fail. */
  async status(): Promise<ProcessStatus> {
    const { says, link, modules, leads, live, reading } = this.parts;
    const [databases, processes] = [await this.databases(), live()];
    return {
      ...says,
      namespace: link.subjects.namespace,
      ...{ host: hostname(), pid: process.pid, leads: leads() },
      leaders: modules.map((module) => ({ module, process: leaderIn(module, processes) })),
      nats: natsOf(link),
      databases,
      file: fileOf(reading()),
    };
  }

  private databases(): Promise<DatabaseStatus[]> {
    return Promise.all([this.own(), ...this.parts.away().map((module) => this.ofService(module))]);
  }

  private async own(): Promise<DatabaseStatus> {
    const { database } = this.parts;
    const answer = await inTime(database.query('select'));
    return { side: 'monolith', module: null, ...database.place, state: answer ? 'up' : 'down' };
  }

  private async ofService(module: string): Promise<DatabaseStatus> {
    const ended = await inTime(this.parts.state(module).then(told, untold));
    if (ended?.place) this.places.set(module, ended.place);
    const { address, role } = this.places.get(module) ?? { address: null, role: null };
    return { side: 'extracted', module, address, role, state: ended?.state ?? 'not known' };
  }
}

const told = ({ place }: Pick<SideState, 'place'>) => ({ place, state: 'up' as const });

/** Of a service that is not there nobody can say how its database is. */
const untold = (error: unknown) => ({
  place: undefined,
  state: absenceOf(error).kind === 'no database' ? ('down' as const) : ('not known' as const),
});

/** What comes too late, or fails, is as good as none. */
async function inTime<T>(work: Promise<T>): Promise<T | undefined> {
  const answered = new AbortController();
  const late = sleep(patienceMs, undefined, { signal: answered.signal, ref: false });
  try {
    return await Promise.race([work, late]);
  } catch {
    return undefined;
  } finally {
    answered.abort();
  }
}

function natsOf({ current, asleep, server }: ThisProcessParts['link']): ProcessStatus['nats'] {
  const state = current ? 'connected' : asleep ? 'none' : 'lost';
  return { state, server: server?.address ?? null, version: server?.version ?? null };
}

function fileOf({ path, hash, problem }: FileReading): ProcessStatus['file'] {
  const state = problem !== null ? 'refused' : hash === null ? 'none' : 'in force';
  return { path, state, problem };
}
