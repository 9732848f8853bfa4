import type { RouteStatus } from '../operate/route-views.js';
import type { Cli } from './cli.js';
import type { ChangingFlags } from './command.js';
import { Failure, Misuse } from './failure.js';
import { routeVerbs, verbsOfRoutes } from './route-verbs.js';
import { duration } from './text/figures.js';
import { line } from './text/line.js';
import { answerLines } from './text/lists.js';
import { sleepUnless, untilStopped } from './watch/stop.js';

const everyMs = 250;

/** Asks a gateway for an action and shows what it does; `waitMs`: until the route is where it leads. */
export async function actOnRoute<F extends ChangingFlags>(
  cli: Cli,
  route: string,
  verb: string,
  flags: F,
  waitMs?: number,
): Promise<void> {
  const { json, ...body } = flags;
  if (!routeVerbs.has(verb)) throw new Misuse(`a route has no ${verb}: there are ${verbsOfRoutes}`);
  if ('to' in body) throw new Misuse(`${verb} of a route takes no --to`);
  const answer = await cli.gateway.act(route, verb, body);
  if (answer.refusal !== undefined) cli.exitCode = 1;
  if (!json) cli.out.print(answerLines({ ...answer, module: route }));
  const waits = waitMs !== undefined && !answer.dryRun && answer.goal;
  const status = waits ? await arrived(cli, route, answer.goal!.percent, waitMs) : undefined;
  if (json) cli.out.json({ ...answer, ...(status && { status }) });
  else if (status) cli.out.print([line(`${route}: done, at ${status.percent} %`, 'green')]);
}

/** @throws {Failure} when the route turns round, or is late. */
function arrived(cli: Cli, route: string, percent: number, timeoutMs: number): Promise<RouteStatus> {
  const giveUpAt = performance.now() + timeoutMs;
  return untilStopped(async (stop) => {
    for (;;) {
      const status = await cli.gateway.route(route);
      const { waitingFor } = status;
      if (status.percent === percent) return status;
      if (status.wanted.percent !== percent)
        throw new Failure(`${route} goes elsewhere now: ${waitingFor ?? `to ${status.wanted.percent} %`}`);
      if (performance.now() > giveUpAt)
        throw new Failure(`not done after ${duration(timeoutMs / 1_000)}, it goes on: ${waitingFor ?? ''}`);
      if (!(await sleepUnless(stop, everyMs))) throw new Failure('stopped waiting, it goes on');
    }
  });
}
