import type { CallLists } from './may-ask.js';
import type { Executor } from './executor.js';
import type { Side } from '../routes/phase.js';
import type { Here } from '../routes/route.js';

/**
 * The modules that this process carries, and the side on which it stands.
 *
 * @internal
 */
export class LocalModules implements Here {
  private readonly executors = new Map<string, Executor>();

  /** `lists`: what modules and programs of the shop may call; left out: whatever is open to whom they act for. */
  constructor(
    readonly side: Side | undefined,
    readonly lists?: CallLists,
  ) {}

  add(executor: Executor): void {
    this.executors.set(executor.contract.name, executor);
  }

  hosts(module: string): boolean {
    return this.executors.has(module);
  }

  /** @throws when this process does not carry the module. */
  executor(module: string): Executor {
    const executor = this.executors.get(module);
    if (!executor) throw new Error(`the module ${module} is not in this process`);
    return executor;
  }

  all(): Executor[] {
    return [...this.executors.values()];
  }
}
