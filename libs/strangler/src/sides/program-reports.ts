import { Logger } from '@nestjs/common';
import type { Msg, Subscription } from '@nats-io/transport-node';
import type { Database } from '../database/database.js';
import { described } from '../database/failure.js';
import { monolithUser } from '../nats/permissions.js';
import { heard, type NatsLink } from '../nats/link.js';
import type { Routes } from '../routes/routes.js';
import {
  reportStepsInTime,
  stepsPatienceMs,
  type StepsQuestion,
  type StepsReport,
  type StepsReporter,
} from '../evidence/call-steps.js';
import { CallSums, type CallQuestion, type CallReport } from '../evidence/call-sums.js';
import type { Reporter } from '../evidence/service-reports.js';

/** It is asked at each look, and its answer can be done without, in ms: as a service is. */
const patienceMs = 500;

/**
 * For a program that carries no module (a gateway): tells the controller of its shop what its processes have seen of the calls that they
 * make. They write them to their own database ({@link Windows}); one of the processes on it answers. Returns the way to stop.
 *
 * @internal
 */
export function reportCalls(link: NatsLink, routes: Routes, database: Database, program: string): () => void {
  const logger = new Logger('calls');
  const calls = new CallSums(database);
  let subscription: Subscription | null | undefined;
  const answer = async (message: Msg): Promise<void> => {
    const question = message.json<CallQuestion | StepsQuestion>();
    const report = 'count' in question ? reportStepsInTime(database, question) : calls.report(question);
    message.respond(JSON.stringify(await report));
  };
  const callback = heard((message) => {
    // Whoever gets no answer goes by what he knew.
    answer(message).catch((error: unknown) =>
      logger.warn({ msg: 'calls not reported', error: described(error) }),
    );
  });
  const stops: (() => void)[] = [];
  let stopped = false;
  link.onConnection((connection) => {
    const listen = (): void => {
      subscription?.unsubscribe();
      const { member } = routes;
      subscription =
        member &&
        connection.subscribe(link.subjects.callsReported(program, member), { queue: program, callback });
    };
    if (stopped) return;
    stops.push(routes.onMember(listen));
    listen();
  });
  return () => {
    stopped = true;
    for (const stop of stops) stop();
    subscription?.unsubscribe();
  };
}

type ProgramReporter = Reporter & StepsReporter;

/**
 * For the controller: who reports the calls of programs that carry no module, one for each database. They are known by the keys by which
 * they sign, without which they can call nobody. `modules`: whose keys are no such programs'.
 */
export function programsThatCall(
  link: NatsLink,
  { member }: Routes,
  modules: readonly string[],
): ProgramReporter[] {
  const { current, keys, subjects } = link;
  if (!current || !member) return [];
  const { shop } = member;
  const programs = keys.all.filter(({ program }) => program !== monolithUser && !modules.includes(program));
  const places = new Map(programs.map(({ program, database }) => [database, program]));
  return [...places].map(([database, program]) => {
    const ask = async <T>(question: CallQuestion | StepsQuestion, timeout: number): Promise<T> => {
      const subject = subjects.callsReported(program, { shop, database });
      return (await current.request(subject, JSON.stringify(question), { timeout })).json<T>();
    };
    return {
      callsTo: (question) => ask<CallReport>(question, patienceMs),
      callStepsTo: (question) => ask<StepsReport>(question, stepsPatienceMs),
    };
  });
}
