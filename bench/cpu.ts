import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '#platform';

/** What the kernel counts in a second (`USER_HZ`, on every Linux that Node runs on). */
const ticks = 100;

interface Process {
  pid: number;
  parent: number;
  ms: number;
  command: string;
}

/**
 * The CPU time that all who take part have used so far, in ms: programs that this process has started, and the servers under
 * `.data/bench`. Not this process: it only asks. What else the machine does is not counted, so its figures hold on a busy one, too.
 * NaN where there is no `/proc`.
 */
export async function cpuMs(): Promise<number> {
  const all = await processes();
  if (all.length === 0) return NaN;
  const data = join(projectRoot(), '.data/bench');
  const counted = new Set(all.filter(({ command }) => command.includes(data)).map(({ pid }) => pid));
  for (let before = -1; before < counted.size;) {
    before = counted.size;
    for (const { pid, parent } of all) {
      if (parent === process.pid || counted.has(parent)) counted.add(pid);
    }
  }
  counted.delete(process.pid);
  return all.filter(({ pid }) => counted.has(pid)).reduce((sum, { ms }) => sum + ms, 0);
}

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
