import type { Finding } from 'nestjs-strangler';
import type { Position } from '#strangler/engine/identity/position';
import type { ModuleName } from '../../support/shop.js';
import type { Event, History } from './history.js';

/** What `doctor` says that may be in neither database: what was answered when, by `performance.now()`, and in which batches. */
export interface ToldLoss {
  from: number;
  to: number;
  above: Position;
  upTo: Position;
}

const times = /what was answered (?:from (.+) to|until) (.+) may be in neither/;
const batches = /the batches above (\d+)\.(\d+) up to (\d+)\.(\d+)/;

/** By module. */
export function toldLosses(findings: readonly Finding[]): Map<string, ToldLoss> {
  const now = Date.now() - performance.now();
  return new Map(
    findings.flatMap(({ module, problem, meaning }) => {
      const [, from, to] = times.exec(problem) ?? [];
      if (!module || !to) return [];
      const [term, seq, lastTerm, lastSeq] = batches.exec(meaning)!.slice(1).map(Number);
      const told = {
        from: from === undefined ? -Infinity : Date.parse(from) - now,
        to: Date.parse(to) - now,
        above: { term: term!, seq: seq! },
        upTo: { term: lastTerm!, seq: lastSeq! },
      };
      return [[module, told] as const];
    }),
  );
}

/** Whether the answer to a write was given when a module's answers may be lost; whoever read it later was told of it, until the loss. */
export function isToldLost(
  told: ReadonlyMap<string, ToldLoss>,
  { start }: History,
  event: Event,
  lostAt: number,
): boolean {
  const { from, to } = told.get(moduleOf(event))!;
  const at = start + event.ended;
  const isRead = event.register !== undefined && 'read' in event.register.step;
  return from <= at && at <= (isRead ? lostAt : to);
}

function moduleOf({ operation, subject }: Event): ModuleName {
  if (operation === 'register' || subject.startsWith('/api/v1/users/')) return 'users';
  return subject.startsWith('/api/v1/products/') ? 'inventory' : 'orders';
}
