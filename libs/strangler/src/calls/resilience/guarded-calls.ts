import { currentContext } from '../../database/context.js';
import type { PreparedOperation } from '../../contract/operation.js';
import type { Side } from '../../routes/phase.js';
import type { RemoteCalls, RemoteOptions } from '../side-calls.js';
import { OperationGuard } from './operation-guard.js';
import { SideGuard, type SideFigures } from './side-guard.js';

/**
 * Calls that leave the process, each by the policy of its operation. Beneath the router: what a side answers as its owner, or not as its
 * owner, is an answer like any other. What is asked only to compare goes past all of it.
 */
export class GuardedCalls implements RemoteCalls {
  private readonly sides = new Map<string, SideGuard>();
  private readonly operations = {
    monolith: new Map<PreparedOperation, OperationGuard>(),
    extracted: new Map<PreparedOperation, OperationGuard>(),
  };

  constructor(
    private readonly calls: RemoteCalls,
    /** Whether this process could reach anybody: else a failure says nothing of the side. */
    private readonly isConnected: () => boolean = () => true,
  ) {}

  call(operation: PreparedOperation, side: Side, input: unknown, options: RemoteOptions): Promise<unknown> {
    return options.rehearse || currentContext()?.shadow
      ? this.calls.call(operation, side, input, options)
      : this.guardOf(operation, side).call(input, options);
  }

  /** Of each side of a module that has been called, by name. */
  figures(): SideFigures[] {
    const operations = [...this.operations.monolith.values(), ...this.operations.extracted.values()];
    return [...this.sides.values()].map((guard) => {
      const figures = guard.figures();
      const own = operations.filter((each) => each.isOf(figures.module, figures.side));
      return { ...figures, bulkheads: own.map((each) => each.figures()) };
    });
  }

  private guardOf(operation: PreparedOperation, side: Side): OperationGuard {
    const guards = this.operations[side];
    let guard = guards.get(operation);
    if (!guard) {
      const of = this.sideGuardOf(operation.module, side);
      guard = new OperationGuard(operation, side, of, this.calls, this.isConnected);
      guards.set(operation, guard);
    }
    return guard;
  }

  private sideGuardOf(module: string, side: Side): SideGuard {
    const key = `${module}.${side}`;
    let guard = this.sides.get(key);
    if (!guard) this.sides.set(key, (guard = new SideGuard(module, side)));
    return guard;
  }
}
