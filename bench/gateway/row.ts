import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';
import { cpuMs, cpuSince, forAll, type CpuMs, type Machines } from '../cpu.js';
import { quantile } from '../hand-off/histogram.js';
import { median, type Contender } from '../rounds.js';

/** What is sent, and to whom. */
export interface Shots {
  url: string;
  paths: readonly string[];
  headers?: Record<string, string>;
}

/** The whole chain behind an address; `measured` is the program that is asked. */
export interface Chain extends Machines {
  measured: string;
}

const connections = 32;

interface Round {
  requests: number;
  ms: number;
  cpu: CpuMs;
}

/** Reads over HTTP, 32 at a time, and what they cost those who answer. */
export class Row implements Contender {
  /** The first ones are the warm-up. */
  private rounds: Round[] = [];
  private latencies: number[] = [];
  /** CPU in ms that each machine takes in a ms while nobody asks. */
  private atRest: CpuMs = {};

  constructor(
    readonly name: string,
    readonly shots: Shots,
    private readonly chain: Chain,
  ) {}

  /** @throws when more than one in a thousand is not 200: refusals are cheap. */
  async rate(ms: number): Promise<number> {
    const { url, paths, headers = {} } = this.shots;
    const shares = sharesOf(paths, headers);
    const [began, before] = [performance.now(), await cpuMs(this.chain)];
    const result = await autocannon({
      url,
      headers,
      connections,
      duration: ms / 1_000,
      sampleInt: 100,
      setupClient: (client) => {
        client.setRequests(shares.next().value);
        client.on('response', (_status, _bytes, latency) => void this.latencies.push(latency));
      },
    });
    const cpu = cpuSince(before, await cpuMs(this.chain));
    const { errors, non2xx, '2xx': requests } = result;
    if (errors + non2xx > requests / 1_000)
      throw new Error(`${this.name}: ${errors} failed, ${non2xx} were refused`);
    const round = { requests, ms: performance.now() - began, cpu };
    this.rounds.push(round);
    return (requests / round.ms) * 1_000;
  }

  /** To be called while nobody asks for anything. */
  async rest(ms: number): Promise<void> {
    const before = await cpuMs(this.chain);
    await sleep(ms);
    const used = cpuSince(before, await cpuMs(this.chain));
    this.atRest = Object.fromEntries(Object.entries(used).map(([name, cpu]) => [name, cpu / ms]));
  }

  /** What has been measured so far was the warm-up. */
  forget(): void {
    this.rounds = [];
    this.latencies = [];
  }

  /** CPU of the program that is asked, in µs a request, a figure for each round. */
  get own(): number[] {
    return this.rounds.map((round) => this.of(round, this.chain.measured));
  }

  /** CPU of all who work on a request, in µs. */
  get whole(): number[] {
    const parts = Object.keys(this.rounds[0]?.cpu ?? {}).filter((part) => part !== forAll);
    return this.rounds.map((round) => parts.reduce((sum, part) => sum + this.of(round, part), 0));
  }

  /** CPU of each of them, in µs, medians. */
  get parts(): Record<string, number> {
    const parts = Object.keys(this.rounds[0]?.cpu ?? {}).filter((part) => part !== forAll);
    const figures = parts.map((part) => [part, median(this.rounds.map((round) => this.of(round, part)))]);
    return Object.fromEntries(figures) as Record<string, number>;
  }

  get perSecond(): number {
    return median(this.rounds.map(({ requests, ms }) => (requests / ms) * 1_000));
  }

  /** In ms. */
  latency(share: number): number {
    return quantile(this.latencies, share);
  }

  private of({ requests, ms, cpu }: Round, part: string): number {
    return (((cpu[part] ?? 0) - (this.atRest[part] ?? 0) * ms) / requests) * 1_000;
  }
}

/** Each connection reads its own part, so that no two of them ask for the same at the same time, unless there is little to read. */
function* sharesOf(
  paths: readonly string[],
  headers: Record<string, string>,
): Generator<autocannon.Request[], never> {
  const share = Math.max(1, Math.floor(paths.length / connections));
  for (let i = 0; ; i++)
    yield Array.from({ length: share }, (_, n) => ({
      method: 'GET' as const,
      path: paths[(i * share + n) % paths.length] ?? '/',
      headers,
    }));
}
