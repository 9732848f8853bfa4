import type { Dto } from '../../contract/dto.js';
import { abort } from './abort.js';
import { advance } from './advance.js';
import { approve } from './approve.js';
import type { PlainBody } from './bodies.js';
import type { OperatorCommand, ParametersOf } from './command.js';
import { decommission } from './decommission.js';
import { doctor } from './doctor.js';
import { discard, replay, resubmit } from './events.js';
import { failover } from './failover.js';
import { mismatches } from './mismatches.js';
import { quarantined } from './quarantined.js';
import { pause } from './pause.js';
import { rejoin } from './rejoin.js';
import { resume } from './resume.js';
import { rollback } from './rollback.js';
import { run } from './run.js';
import { sagas } from './sagas.js';
import { serveUnproven } from './serve-unproven.js';
import { shift } from './shift.js';
import { verify } from './verify.js';

/** Every command, by its verb: what `POST /modules/:module/<verb>` takes, what the OpenAPI document says, what `strangler <verb>` sends. */
export const commands = {
  run,
  advance,
  approve,
  shift,
  pause,
  resume,
  abort,
  rollback,
  rejoin,
  'serve-unproven': serveUnproven,
  failover,
  verify,
  decommission,
  quarantined,
  sagas,
  mismatches,
  resubmit,
  discard,
  replay,
  doctor,
};

export type CommandVerb = keyof typeof commands;

type BodyOf<V extends CommandVerb> = (typeof commands)[V]['body'] extends Dto<infer B> ? B : never;

/**
 * What an operator asks for: a verb and its parameters, as in the admin API.
 *
 * @example
 * ```ts
 * const actions: Action[] = [{ verb: 'run', settings: { bake: '5m' } }, { verb: 'shift', percent: 25 }, { verb: 'rollback' }];
 * ```
 */
export type Action = {
  [V in CommandVerb]: { verb: V } & (BodyOf<V> extends PlainBody ? ParametersOf<BodyOf<V>> : never);
}[CommandVerb];

/** A command whose parameters are those of its own verb. */
export type AnyCommand = OperatorCommand<PlainBody, unknown>;

/** Former names of verbs, which the admin API and the CLI go on to take. */
const formerVerbs = { parked: 'quarantined' } as const satisfies Readonly<Record<string, CommandVerb>>;

/** The verb that a name means; undefined: there is none. */
export function verbOf(name: string): CommandVerb | undefined {
  const verb = Object.hasOwn(formerVerbs, name) ? formerVerbs[name as keyof typeof formerVerbs] : name;
  return Object.hasOwn(commands, verb) ? (verb as CommandVerb) : undefined;
}

/** The command of a verb. */
export const commandOf = (verb: CommandVerb): AnyCommand => commands[verb];
