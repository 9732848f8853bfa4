import { subjectOf } from '../conditions/advice.js';
import type { FileWriter } from '../config/file-writer.js';
import { nextStep } from '../terms/machine.js';
import { goalOf } from '../reconcile/decide.js';
import { RefusedError } from '../terms/refused.js';
import { captureObstacle } from '../steps/capture-step.js';
import type { NewEntry } from '../store/history.js';
import type { Filed, ModuleRow, RowChange, Wanted } from '../store/module-row.js';
import type { HistoryEntry } from '../terms/views.js';
import type { Accepted, CommandContext, CommandParts } from './command.js';
import { commandOf, type Action, type AnyCommand } from './commands.js';

/** So often a command that insists is planned. */
const mostPlans = 5;

/** The row that a decision was made by has changed since. */
class ChangedMeanwhileError extends RefusedError {}

/** Carries commands out: judged by pure functions, written by compare-and-set, journalled. */
export class CommandRunner {
  constructor(private readonly parts: CommandParts) {}

  /** What it has done, or would do. @throws {RefusedError} with the reason; that is written down, too. */
  async run(context: CommandContext, action: Action, dryRun: boolean): Promise<Accepted> {
    try {
      return await this.carryOut(context, action, dryRun);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      // Who only looks is told, not turned away.
      if (dryRun) return { plan: [], begins: false, refusal: error.message };
      await this.audit(context, action.verb, 'refused', error.message);
      throw error;
    }
  }

  private async carryOut(context: CommandContext, action: Action, dryRun: boolean): Promise<Accepted> {
    const command = commandOf(action.verb);
    const facts = await command.ask?.(context, this.parts, action);
    for (let plans = 1; ; plans++) {
      const { module } = context.row;
      const now = plans === 1 ? context : { ...context, row: await this.parts.store.read(module) };
      try {
        return await this.once(command, facts, now, action, dryRun);
      } catch (error) {
        const again = error instanceof ChangedMeanwhileError && command.insists && plans < mostPlans;
        if (!again) throw error;
      }
    }
  }

  private async once(
    command: AnyCommand,
    facts: unknown,
    context: CommandContext,
    action: Action,
    dryRun: boolean,
  ): Promise<Accepted> {
    const planned = command.plan(context, action, facts);
    const accepted = command.steers ? await this.steered(planned, context, action, dryRun) : planned;
    if (dryRun || accepted.looks) return accepted;
    requireUnrefused(accepted);
    const { module } = context.row;
    if (command.announced) await this.audit(context, action.verb, 'begun', wordsOf(accepted));
    if (accepted.change) await this.write(context, action.verb, accepted, accepted.change);
    const figures = await command.effect?.(this.parts, context, action, facts);
    if (!accepted.change) {
      await this.audit(context, action.verb, outcomeOf(accepted), wordsOf(accepted), figures ?? {});
    }
    if (accepted.filed) {
      await this.parts.writer?.read();
      this.parts.applyFile(module);
    }
    this.parts.wake(module);
    return accepted;
  }

  /** What says where a module is to go: whether that may begin, and what becomes of the file's line. */
  private async steered(
    accepted: Accepted,
    context: CommandContext,
    action: Action,
    dryRun: boolean,
  ): Promise<Accepted> {
    const row: ModuleRow = { ...context.row, ...accepted.change };
    const begins = !row.transition && nextStep(context.at, goalOf(row))?.kind === 'capture';
    const refusal = begins ? await this.unfit(row) : undefined;
    if (refusal !== undefined && !dryRun) throw new RefusedError(refusal);
    const through = await this.throughFile(accepted, context, action, dryRun);
    return refusal === undefined ? through : { ...through, refusal };
  }

  /** What is to be changed before the module can start to move; undefined: nothing. */
  private async unfit(row: ModuleRow): Promise<string | undefined> {
    if (row.paused !== null) return undefined;
    const { needs, advice } = this.parts;
    const obstacle = await captureObstacle(needs.sides(row.module), subjectOf(row, advice));
    if (!obstacle) return undefined;
    const why = obstacle.kind === 'unfit' ? obstacle.todo : obstacle.sentence;
    return `${row.module} cannot start to move: ${why}`;
  }

  /** A command that changes the file: its line is written first, so that file and row say the same. */
  private async throughFile(
    accepted: Accepted,
    context: CommandContext,
    action: Action,
    dryRun: boolean,
  ): Promise<Accepted> {
    // The settings follow when the line is read.
    const { settings: _settings, sources: _sources, ...moved } = accepted.change ?? {};
    const { wanted } = moved;
    if (!('write' in action) || !action.write || !wanted) return heldBack(context, accepted, dryRun);
    const settings = 'settings' in action ? (action.settings ?? {}) : {};
    const { phase, percent } = wanted;
    const { writer, filed } = this.requireWriter(context);
    const mistake = isWayBack(action) ? await writer.problem() : null;
    if (mistake !== null) return pastTheFile(accepted, context, { ...moved, wanted }, mistake);
    const change = { module: context.row.module, phase, percent, settings };
    const edit = dryRun ? await writer.plan(change) : await writer.write(change);
    const words =
      edit.before === edit.after
        ? `${filed.path} says so already, in line ${filed.line}`
        : `line ${edit.line} of ${filed.path}, "${edit.before}", becomes "${edit.after}"`;
    return {
      ...accepted,
      plan: [words, ...accepted.plan],
      change: { ...moved, wanted: { ...wanted, by: 'file' }, filed: { ...filed, phase, percent } },
      filed: true,
    };
  }

  /** @throws {RefusedError} unless this process leads the module, and so reads the file that counts. */
  private requireWriter({ row: { module, filed } }: CommandContext): { writer: FileWriter; filed: Filed } {
    if (!filed) {
      throw new RefusedError(`${module} does not stand in strangler.yaml: steer it without --write`);
    }
    const { writer, leads, leaderOf } = this.parts;
    if (writer && leads(module)) return { writer, filed };
    throw new RefusedError(
      `${module} is led by ${leaderOf(module)}: ask the admin API of that process, or change line ${filed.line} of ${filed.path} there by hand`,
    );
  }

  private async write(
    context: CommandContext,
    verb: Action['verb'],
    accepted: Accepted,
    change: RowChange,
  ): Promise<void> {
    const { row, observed } = context;
    const { store } = this.parts;
    const entry = {
      ...entryOf(context, verb, outcomeOf(accepted), wordsOf(accepted), (change.wanted ?? row.wanted).phase),
      figures: { epoch: observed.states.monolith?.ownership.epoch ?? null },
    };
    const changed = accepted.filed
      ? await store.amend(row.module, ({ paused }) => ({
          // The file is written already; a pause that came meanwhile stays.
          change: paused === row.paused ? change : withoutPause(change),
          entries: [entry],
        }))
      : await store.change(row, change, entry);
    if (changed) return;
    throw new ChangedMeanwhileError(
      `somebody else, or the controller, changed ${row.module} at the same moment; look again, and repeat it if it still makes sense`,
    );
  }

  /** Writes down who asked for what, also when it was refused. */
  private audit(
    context: CommandContext,
    verb: Action['verb'],
    outcome: HistoryEntry['outcome'],
    reason: string,
    figures: Record<string, unknown> = {},
  ): Promise<void> {
    return this.parts.store.history.write({ ...entryOf(context, verb, outcome, reason), figures });
  }
}

/** What leads back must not wait until somebody has mended the file. */
const isWayBack = ({ verb }: Action): boolean => verb === 'rollback';

/** The file cannot be changed as long as it is refused: the module goes back as after a gate that broke, until its line is changed. */
function pastTheFile(
  accepted: Accepted,
  { row: { module }, actor }: CommandContext,
  moved: RowChange & { wanted: Wanted },
  mistake: string,
): Accepted {
  const left = `${mistake}; so the line of ${module} stays as it is, and counts again once it is changed`;
  const pauseReason = `rolled back by ${actor} while the file was refused; mend it, and change the line of ${module}`;
  return {
    ...accepted,
    plan: [left, ...accepted.plan],
    change: { ...moved, wanted: { ...moved.wanted, by: 'file' }, paused: 'up', pauseReason },
  };
}

const wordsOf = ({ plan }: Accepted): string => plan.join('; ');
const outcomeOf = ({ begins }: Accepted): 'begun' | 'done' => (begins ? 'begun' : 'done');

/** The history's line of a command. */
const entryOf = (
  { row: { module, phase }, actor }: CommandContext,
  verb: Action['verb'],
  outcome: HistoryEntry['outcome'],
  reason: string,
  to = phase,
): NewEntry => ({ module, actor, action: verb, from: phase, to, outcome, reason });

/** @throws {RefusedError} for what only a dry run may show. */
function requireUnrefused({ refusal }: Accepted): void {
  if (refusal !== undefined) throw new RefusedError(refusal);
}

const withoutPause = ({ paused: _paused, pauseReason: _reason, ...change }: RowChange): RowChange => change;

/** What a look at a module that the file holds says first. */
function heldBack({ row, held }: CommandContext, accepted: Accepted, dryRun: boolean): Accepted {
  const wanted = accepted.change?.wanted;
  if (!dryRun || !held || wanted === undefined || wanted === row.wanted) return accepted;
  const words = `${row.module} is steered by ${held}: this takes --write, which changes that line`;
  return { ...accepted, plan: [words, ...accepted.plan] };
}
