import type { Side } from '../../routes/phase.js';

/**
 * A process that moves modules, and what it works with; the body of `GET /process`. No secret is in it.
 *
 * @example
 * ```ts
 * const { nats, databases, file }: ProcessStatus = await operator.process();
 * const isWell = nats.state === 'connected' && databases.every(({ state }) => state === 'up') && file.state !== 'refused';
 * ```
 */
export interface ProcessStatus {
  /** As which program it connects to NATS. */
  name: string;
  /** Of the application; null: it does not say (`version` of `forRoot`). */
  version: string | null;
  /** What all subjects of the application begin with. */
  namespace: string;
  /** Where it runs, in a word of the application's own: `production`; null: it does not say (`environment` of `forRoot`). */
  environment: string | null;
  host: string;
  pid: number;
  /** The modules that this process leads. */
  leads: string[];
  /** Which process leads each module, in words; null: none that is known. */
  leaders: { module: string; process: string | null }[];
  nats: {
    /** `lost`: it is wanted and not there. `none`: nobody has needed it yet, and to connect would start a server. */
    state: 'connected' | 'lost' | 'none';
    /** Where it is, or was last, or is looked for. */
    server: string | null;
    version: string | null;
  };
  /** That of this process, and that of each service whose module is on its way or elsewhere. */
  databases: DatabaseStatus[];
  /** The file by which this process moves modules; `refused`: what it said before stays in force. `none`: there is no such file. */
  file: { path: string; state: 'in force' | 'refused' | 'none'; problem: string | null };
}

/**
 * Where tables are.
 *
 * @example
 * ```ts
 * const text = ({ side, module, address, state }: DatabaseStatus) => `${module ?? side}: ${address ?? 'not known'}, ${state}`;
 * ```
 */
export interface DatabaseStatus {
  side: Side;
  /** Whose; null: of all modules that are in this process. */
  module: string | null;
  /** `host:port/name`, as the process beside it has it; null: that has not said yet, or is of a release that does not. */
  address: string | null;
  /** As whom that process logs in. */
  role: string | null;
  /** That of a service is asked through the service: `not known` where that does not answer. */
  state: 'up' | 'down' | 'not known';
}
