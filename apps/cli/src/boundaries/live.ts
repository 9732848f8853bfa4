import type { ModuleStatus } from 'nestjs-strangler';
import { Failure, type AdminClient } from 'nestjs-strangler/cli';
import type { LiveFacts } from './facts.js';

/** What a running shop adds, by module. @throws {Failure} when none can be asked. */
export async function liveFacts(client: AdminClient): Promise<ReadonlyMap<string, LiveFacts>> {
  const modules = await client.modules();
  return new Map(
    await Promise.all(
      modules.map(async (status): Promise<[string, LiveFacts]> => [
        status.module,
        { ...countsOf(status), ...(await dryRun(client, status.module)) },
      ]),
    ),
  );
}

function countsOf({ sides }: ModuleStatus): Pick<LiveFacts, 'calls' | 'errors'> {
  const views = [sides.monolith, sides.extracted];
  return {
    calls: views.reduce((sum, view) => sum + (view?.calls ?? 0), 0),
    errors: views.reduce((sum, view) => sum + (view?.errors ?? 0), 0),
  };
}

/** The toolkit's own checks stand before the first step, and a dry run names what they find. */
async function dryRun(client: AdminClient, module: string): Promise<Pick<LiveFacts, 'plan' | 'refusal'>> {
  try {
    return { plan: (await client.act(module, 'run', { dryRun: true })).plan, refusal: null };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { plan: [], refusal: error.message };
  }
}
