import type { Dto } from '../contract/dto.js';
import type { Action } from '../control/operator.js';
import {
  DecommissionBody,
  FailoverBody,
  MismatchesBody,
  ParkedBody,
  PlainBody,
  RepairBody,
  RollbackBody,
  RunBody,
  ShiftBody,
  SteeringBody,
} from './bodies.js';
import { reader, type BodyReader } from './request.js';

/** What a request asks for. */
export interface Asked {
  action: Action;
  dryRun: boolean;
  /** Whether all is done when it is answered; else it has only begun (HTTP 202). */
  atOnce: boolean;
}

type Verb = Action['verb'];
type Reader = BodyReader<Action>;

const plain = (verb: 'approve' | 'pause' | 'resume' | 'abort' | 'rejoin'): Reader =>
  reader(PlainBody, () => ({ verb }));

const readers: Readonly<Record<Verb, Reader>> = {
  run: reader(RunBody, ({ settings, write }) => ({
    verb: 'run',
    settings: settings ?? undefined,
    write: write ?? undefined,
  })),
  advance: reader(SteeringBody, ({ write }) => ({ verb: 'advance', write: write ?? undefined })),
  approve: plain('approve'),
  shift: reader(ShiftBody, ({ percent, write }) => ({ verb: 'shift', percent, write: write ?? undefined })),
  pause: plain('pause'),
  resume: plain('resume'),
  abort: plain('abort'),
  rollback: reader(RollbackBody, ({ to, write }) => ({
    verb: 'rollback',
    to: to ?? undefined,
    write: write ?? undefined,
  })),
  rejoin: plain('rejoin'),
  'serve-unproven': reader(FailoverBody, ({ iHaveFencedIt }) => ({
    verb: 'serve-unproven',
    iHaveFencedIt,
  })),
  failover: reader(FailoverBody, ({ iHaveFencedIt }) => ({ verb: 'failover', iHaveFencedIt })),
  verify: reader(RepairBody, ({ repair }) => ({ verb: 'verify', repair: repair ?? undefined })),
  decommission: reader(DecommissionBody, ({ confirm, purge }) => ({
    verb: 'decommission',
    confirm,
    purge: purge ?? undefined,
  })),
  parked: reader(ParkedBody, ({ how, ids }) => ({ verb: 'parked', how, ids })),
  mismatches: reader(MismatchesBody, ({ clear }) => ({ verb: 'mismatches', clear })),
  doctor: reader(RepairBody, ({ repair }) => ({ verb: 'doctor', repair: repair ?? false })),
};

const atOnce: ReadonlySet<string> = new Set<Verb>([
  'approve',
  'pause',
  'resume',
  'parked',
  'mismatches',
  'serve-unproven',
]);

/** What operators can ask for. */
export const verbs = Object.keys(readers);

/** The rules of a verb's body, and whether all is done when it is answered. */
export const bodyOf = (verb: string): { dto: Dto<unknown>; atOnce: boolean } => ({
  dto: readers[verb as Verb].dto,
  atOnce: atOnce.has(verb),
});

/** What `POST /modules/:module/<verb>` asks for; undefined: there is no such verb. @throws {ValidationError} */
export function askedBy(verb: string, body: unknown): Asked | undefined {
  if (!Object.hasOwn(readers, verb)) return undefined;
  const asked = readers[verb as Verb](body);
  return { ...asked, atOnce: asked.dryRun || atOnce.has(verb) };
}
