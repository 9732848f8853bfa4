import { projectRoot } from '#platform';
import { Failure } from 'nestjs-strangler/cli';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Who calls whom: the callee's operations, by caller and callee. */
export type CallGraph = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** The HTTP edge, which calls every module and is none. */
export const edge = 'api';

/**
 * Reads who calls whom from the source tree: steps of sagas, and calls through injected ports.
 * @throws {Failure} where there are no sources, or nothing that can read them.
 */
export async function callGraph(root = projectRoot()): Promise<CallGraph> {
  const { callsIn, contractsIn } = await sourceReader();
  const contracts = contractsIn(join(root, 'libs/contracts/src'));
  const domain = join(root, 'libs/domain/src');
  const callers = readdirSync(domain).map((module): [string, string] => [module, join(domain, module)]);
  callers.push([edge, join(root, 'libs/api/src')]);
  return new Map(
    callers.map(([caller, folder]) => {
      const calls = [...callsIn(folder, contracts)];
      return [caller, new Map(calls.map(([callee, operations]) => [callee.name, [...operations].sort()]))];
    }),
  );
}

/** The same code that draws docs/modules.mmd. It reads TypeScript with the compiler, which is not there in production. */
const sourceReader = () =>
  import('../../../../tools/modules/calls.js').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Failure(
      'boundaries reads the sources, which takes the TypeScript compiler: run "npm ci" with all packages',
    );
  });
