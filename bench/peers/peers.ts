import { Closing } from '#platform';
import { latenciesOf } from '#sample';
import { LocalModules } from '#strangler/calls/local-modules';
import { NatsCalls } from '#strangler/calls/remote/client';
import { GuardedCalls } from '#strangler/calls/resilience/guarded-calls';
import { Router } from '#strangler/calls/router';
import { natsConnection } from '#strangler/nats/connection';
import { NatsLink } from '#strangler/nats/link';
import { routeOf, Routes } from '#strangler/routes/routes';
import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { paced } from '../gateway/pacer.js';
import { ratios } from '../pairs.js';
import { startProgram, type Program } from '../program.js';
import { reached, report } from '../report.js';
import { alternate, median, type Contender } from '../rounds.js';
import type { BenchServers } from '../servers.js';
import { shop } from '../rpc/local.js';
import { ill, well } from './contract.js';

const perSecond = 400;
/** So many of them ask the other module as well. */
const everyNth = 4;
/** Longer than a call may take. */
const slowMs = 3_000;

/**
 * What calls of one module feel while another one, which the same process calls, is well, slow or dead. What is wrong there fills
 * neither the process nor its connections: there is a breaker, a bulkhead, and an end to each try.
 */
export async function peers(servers: BenchServers, quick: boolean): Promise<boolean> {
  Logger.overrideLogger(['error']);
  const closing = new Closing();
  try {
    const url = await servers.nats();
    const serve = (name: string) =>
      startProgram(new URL('./serve.js', import.meta.url), [url, name], /is served/);
    const healthy = await serve(well.name);
    closing.add(() => healthy.stop());
    let peer: Program | undefined = await serve(ill.name);
    closing.add(async () => peer?.stop());
    const asking = await callers(url, closing);
    const beside = (name: string, waitMs: number, isDead = false) =>
      new Beside(name, async (ms) => {
        if (isDead && peer) {
          process.kill(peer.pid, 'SIGKILL');
          peer = undefined;
        }
        peer ??= isDead ? undefined : await serve(ill.name);
        return asking(ms, waitMs);
      });
    const [sound, slow, dead] = [beside('well', 0), beside('slow', slowMs), beside('dead', 0, true)] as const;
    const rates = await alternate(
      [sound, slow, dead],
      quick ? { rounds: 2, ms: 1_000 } : { rounds: 8, ms: 8_000 },
    );
    const goal = quick ? {} : { atMost: 1.1 };
    return await report('peers', rates, [
      ...[sound, slow, dead].flatMap(({ name, p50, p99, failed }) => [
        { figure: `p50 beside a peer that is ${name}, ms`, reached: median(p50) },
        { figure: `p99 beside a peer that is ${name}, ms`, reached: median(p99) },
        { figure: `calls that failed beside a peer that is ${name}`, reached: failed, atMost: 0 },
      ]),
      {
        figure: 'p99 beside a slow peer against a well one',
        ...reached(ratios(slow.p99, sound.p99)),
        ...goal,
      },
      {
        figure: 'p99 beside a dead peer against a well one',
        ...reached(ratios(dead.p99, sound.p99)),
        ...goal,
      },
    ]);
  } finally {
    await closing.closeAll();
  }
}

interface Round {
  ms: readonly number[];
  failed: number;
}

/** Calls of the module that is well, a figure for each round but the warm-up. */
class Beside implements Contender {
  private readonly rounds: Round[] = [];

  constructor(
    readonly name: string,
    private readonly ask: (ms: number) => Promise<Round>,
  ) {}

  async rate(ms: number): Promise<number> {
    const round = await this.ask(ms);
    this.rounds.push(round);
    return round.ms.length / (ms / 1_000);
  }

  get p50(): number[] {
    return this.of('p50');
  }

  get p99(): number[] {
    return this.of('p99');
  }

  get failed(): number {
    return this.rounds.reduce((sum, { failed }) => sum + failed, 0);
  }

  private of(percentile: 'p50' | 'p99'): number[] {
    return this.rounds.slice(1).map(({ ms }) => latenciesOf([...ms])[percentile] ?? NaN);
  }
}

/** Asks at a steady pace. Resolves when nothing of it is under way any more. */
async function callers(
  url: string,
  closing: Closing,
): Promise<(ms: number, waitMs: number) => Promise<Round>> {
  const link = new NatsLink(() => Promise.resolve(natsConnection(url, {})));
  closing.add(() => link.close());
  const routes = new Routes();
  routes.join({ ...shop, database: shop.shop, modules: [] });
  const databases = { monolith: shop.shop, extracted: shop.database };
  const route = { ...routeOf('extracted'), databases };
  routes.replace({ [well.name]: route, [ill.name]: route });
  const guarded = new GuardedCalls(new NatsCalls(link, routes), () => link.current !== undefined);
  const router = new Router(routes, new LocalModules('monolith'), guarded);
  const [healthy, peer] = [router.port(well), router.port(ill)];
  link.start();
  await new Promise<void>((resolve) => link.onConnection(() => resolve()));
  return async (ms, waitMs) => {
    const took: number[] = [];
    let [sent, failed] = [0, 0];
    const all: Promise<unknown>[] = [];
    await paced({ perSecond, ms }, (dueAt) => {
      const name = `key-${sent % 100}`;
      all.push(
        healthy.ask({ name, waitMs: 0 }).then(
          () => took.push(performance.now() - dueAt),
          () => failed++,
        ),
      );
      if (sent++ % everyNth === 0) all.push(peer.ask({ name, waitMs }).catch(() => undefined));
    });
    await Promise.all(all);
    // What has come too late is answered, and the breaker has had its pause.
    await sleep(slowMs);
    return { ms: took, failed };
  };
}
