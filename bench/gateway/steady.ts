import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Shots } from './row.js';

/** A machine that cannot keep up shall show it in the latency, not by a queue without end. */
const mostOpen = 200;

/** Reads at a fixed rate, whether or not they are answered in time. Resolves with their latencies, in ms; of one that fails it is without end. */
export async function steadily(
  { url, paths, headers = {} }: Shots,
  perSecond: number,
  ms: number,
): Promise<number[]> {
  const agent = new Agent({ keepAlive: true });
  const latencies: number[] = [];
  const open = new Set<Promise<void>>();
  const began = performance.now();
  const read = async (path: string) => {
    const sentAt = performance.now();
    const ok = await answered(url + path, { agent, headers });
    latencies.push(ok ? performance.now() - sentAt : Infinity);
  };
  for (let sent = 0; performance.now() - began < ms; await sleep(1)) {
    const due = ((performance.now() - began) / 1_000) * perSecond;
    for (; sent < due; sent++) {
      if (open.size >= mostOpen) continue;
      const reading = read(paths[sent % paths.length] ?? '/');
      open.add(reading);
      void reading.then(() => open.delete(reading));
    }
  }
  await Promise.all(open);
  agent.destroy();
  return latencies;
}

const answered = (
  url: string,
  options: { agent: Agent; headers: Record<string, string> },
): Promise<boolean> =>
  new Promise((resolve, reject) => {
    get(url, options, (response) => {
      response
        .on('end', () => resolve(response.statusCode === 200))
        .on('error', reject)
        .resume();
    }).on('error', reject);
  });
