import { projectRoot } from '#platform';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the kernel counts in a second (`USER_HZ`, on every Linux that Node runs on). */
const ticks = 100;

/** Those who work for one of the things compared, by what they are called. What else the machine does is not counted. */
export interface Machines {
  /** Process ids of programs. */
  programs: Readonly<Record<string, number>>;
  /** Names of databases, for their sessions. */
  databases: Readonly<Record<string, string>>;
  /** Servers that were started for it alone have this folder in their command. */
  folder: string;
}

/** CPU time in ms. */
export type CpuMs = Readonly<Record<string, number>>;

interface Process {
  pid: number;
  parent: number;
  ms: number;
  command: string;
}

/** PostgreSQL's processes without a session: checkpoints, the log, vacuum. */
export const forAll = 'PostgreSQL itself';

/**
 * The CPU time that they have used so far. Who works alone for a while may count what works for
 * all ({@link forAll}). All 0 where there is no `/proc`.
 */
export async function cpuMs({ programs, databases, folder }: Machines): Promise<CpuMs> {
  const all = await processes();
  const sum = (...which: ((process: Process) => boolean)[]) =>
    all.filter((process) => which.every((is) => is(process))).reduce((total, { ms }) => total + ms, 0);
  const servers = new Set(all.filter(isOurPostmaster).map(({ pid }) => pid));
  const ofOurs = ({ parent }: Process) => servers.has(parent);
  const named = (names: Readonly<Record<string, unknown>>, of: (what: never) => number) =>
    Object.entries(names).map(([name, what]) => [name, of(what as never)] as const);
  const pids = new Set(Object.values(programs));
  return Object.fromEntries([
    ...named(programs, (pid: number) => sum((process) => process.pid === pid)),
    ...named(databases, (name: string) =>
      sum(ofOurs, isSession, ({ command }) => command.includes(` ${name} `)),
    ),
    ['NATS', sum(({ pid, command }) => command.includes(folder) && !pids.has(pid))],
    [forAll, sum(ofOurs, (process) => !isSession(process))],
  ]);
}

/** What they have used since. */
export const cpuSince = (before: CpuMs, now: CpuMs): CpuMs =>
  Object.fromEntries(Object.entries(now).map(([name, ms]) => [name, ms - (before[name] ?? 0)]));

const isOurPostmaster = ({ command }: Process): boolean =>
  command.includes(join(projectRoot(), '.data/bench/postgres')) && !command.startsWith('postgres:');

/** "postgres: <role> <database> <host>(<port>) <what it does>" */
const isSession = ({ command }: Process): boolean => /^postgres: \S+ \S+ [\d.]+\(\d+\)/.test(command);

async function processes(): Promise<Process[]> {
  const names = await readdir('/proc').catch(() => []);
  const found = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(look));
  return found.flatMap((each) => each ?? []);
}

/** Undefined: it has ended meanwhile. */
async function look(pid: string): Promise<Process | undefined> {
  const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
  const [stat, command] = await Promise.all([read('stat'), read('cmdline')]);
  // The name, in brackets, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields.length < 15) return undefined;
  const [parent, user, system] = [fields[1], fields[11], fields[12]].map(Number) as [number, number, number];
  return { pid: Number(pid), parent, ms: ((user + system) * 1_000) / ticks, command };
}
