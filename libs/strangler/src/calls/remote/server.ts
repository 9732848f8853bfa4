import { DomainError } from '../../contract/errors.js';
import { Logger } from '@nestjs/common';
import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { Svcm, type Service, type ServiceMsg } from '@nats-io/services';
import type { NatsConnection } from '@nats-io/transport-node';
import { Copies } from '../copies/copies.js';
import type { CallObserver } from '../call-observer.js';
import { currentContext } from '../../database/context.js';
import type { Executor } from '../executor.js';
import type { LocalModules } from '../local-modules.js';
import { prepare, type PreparedOperation } from '../../contract/operation.js';
import { canRehearse } from '../rehearsal/rehearsal.js';
import type { Member } from '../../routes/member.js';
import type { Side } from '../../routes/phase.js';
import type { Routes } from '../../routes/routes.js';
import { CallHandler } from './call-handler.js';
import { decodeHeaders, decodeInput, encodeError, encodeResult } from './codec.js';
import type { NatsLink } from '../../nats/link.js';
import { atEndOfTurn } from '../../nats/end-of-turn.js';
import { answerTooLarge, respondWith } from '../../nats/pieces.js';

const version = '1.0.0';

/**
 * Serves every contract of this process as a transport of Nest, operation by operation as the contract lists them: no handler is written by hand.
 * Subscriptions are those of a NATS micro service, so that standard tools find it (`nats micro ls`). Calls are answered straight from the executor
 * instead of through an Observable per message.
 * It serves those of its own shop only, at the address of its database: what belongs to no shop is not served at all. Nor is, for a while,
 * what other copies do much better.
 *
 * @internal
 */
export class ContractServer extends Server implements CustomTransportStrategy {
  private readonly log = new Logger(ContractServer.name);
  private readonly handler: CallHandler;
  private readonly services = new Map<string, { database: string; service: Service }>();
  private changing: Promise<void> = Promise.resolve();
  private closed = false;
  private readonly inFlight = new Set<Promise<void>>();
  private ready: () => void = () => undefined;
  private stopFollowing: () => void = () => undefined;

  /** Resolves once calls are taken of what belongs to a shop: perhaps of nothing yet. */
  readonly serving = new Promise<void>((resolve) => (this.ready = resolve));

  constructor(
    private readonly link: NatsLink,
    private readonly modules: LocalModules,
    private readonly routes: Routes,
    /** Is told of every call that is answered here. */
    served?: Pick<CallObserver, 'finished'>,
    private readonly copies = new Copies(link),
  ) {
    super();
    this.handler = new CallHandler(this.log, { keys: link.keys, modules, routes, served, copies });
  }

  /** Serves as soon as there is a connection, and whenever there is one again; and follows whom this process belongs to. */
  listen(callback: (error?: unknown) => void = () => undefined): void {
    const { side } = this.modules;
    if (side)
      this.link.onConnection((connection) => {
        const follow = () => void this.follow(connection, side);
        this.stopFollowing = this.routes.onMember(follow);
        follow();
      });
    callback();
  }

  /** It has no events beside its calls. */
  on(): void {}

  /** The connection, for what only NATS has; `undefined` while there is none. */
  unwrap<T>(): T {
    return this.link.current as T;
  }

  /** Stops taking calls, answers those that it has taken, and waits until the answers have left. */
  async close(): Promise<void> {
    this.closed = true;
    this.stopFollowing();
    this.copies.stop();
    await this.stopServices(() => true);
    while (this.inFlight.size > 0) await Promise.all(this.inFlight);
    // Without a connection there is nobody left to be answered.
    await this.link.current?.flush().catch(() => undefined);
  }

  /** One change after the other. */
  private follow(connection: NatsConnection, side: Side): Promise<void> {
    this.changing = this.changing
      .then(() => this.serve(connection, side, this.routes.member))
      .catch((error: unknown) => this.log.error({ msg: 'calls are not served', error: String(error) }));
    return this.changing;
  }

  private async serve(connection: NatsConnection, side: Side, member: Member | null): Promise<void> {
    if (this.closed) return;
    const executors = this.modules.all().filter(({ contract }) => member?.modules.includes(contract.name));
    const database = member?.database ?? '';
    this.copies.serve(
      executors.map(({ contract: { name: module } }) => ({ module, side, database })),
      () => void this.follow(connection, side),
    );
    const due = executors.filter(({ contract }) => !this.copies.isOut(contract.name));
    const names = new Set(due.map(({ contract }) => contract.name));
    await this.stopServices((name, served) => !names.has(name) || served.database !== database);
    const begun = due.filter(({ contract }) => !this.services.has(contract.name));
    for (const executor of begun) {
      const service = await this.offer(connection, side, executor, member!);
      this.services.set(executor.contract.name, { database, service });
    }
    if (this.closed) return this.stopServices(() => true);
    await connection.flush();
    this.ready();
    const text = begun.map(({ contract }) => contract.name).join(', ');
    if (text) this.log.log(`serving ${text} as ${side} of the shop ${member!.shop}`);
  }

  private async stopServices(
    which: (module: string, served: { database: string }) => boolean,
  ): Promise<void> {
    const stopped = [...this.services].filter(([module, served]) => which(module, served));
    for (const [module] of stopped) this.services.delete(module);
    await Promise.all(stopped.map(([, { service }]) => service.stop()));
  }

  private async offer(
    connection: NatsConnection,
    side: Side,
    executor: Executor,
    { database }: Member,
  ): Promise<Service> {
    const { name } = executor.contract;
    const service = await new Svcm(connection).add({
      name,
      version,
      queue: side,
      metadata: { side, database },
    });
    const here = { module: name, side, database };
    for (const operation of prepare(executor.contract).values()) {
      service.addEndpoint(operation.name, {
        subject: this.link.subjects.rpc(here, operation.name),
        handler: (_error, message) => this.track(this.answer(executor, operation, message)),
      });
      if (canRehearse(operation))
        service.addEndpoint(`${operation.name}_rehearsal`, {
          subject: this.link.subjects.rehearsal(here, operation.name),
          handler: (_error, message) => this.track(this.answer(executor, operation, message, true)),
        });
    }
    return service;
  }

  private track(answer: Promise<void>): void {
    // Nobody here waits for it, and an unhandled rejection would end the process.
    const done = answer
      .catch((error: unknown) => this.log.error({ msg: 'call not answered', error: String(error) }))
      .then(() => void this.inFlight.delete(done));
    this.inFlight.add(done);
  }

  private async answer(
    executor: Executor,
    operation: PreparedOperation,
    message: ServiceMsg,
    isRehearsal = false,
  ): Promise<void> {
    await this.handler.answer({
      ...{ executor, operation, isRehearsal, headers: decodeHeaders(message) },
      input: () => decodeInput(message),
      ofResult: encodeResult,
      ofError: encodeError,
      send: (answer) => this.respond(message, operation, answer),
    });
  }

  /** Sends the reply; one that does not go over becomes an error that says so, for else the caller waits in vain. */
  private async respond(
    message: ServiceMsg,
    { module, name }: PreparedOperation,
    reply: string,
  ): Promise<void> {
    // Others of this turn, answered from other connections to the database, go with it.
    await new Promise<void>(atEndOfTurn);
    if (await respondWith(this.link.current, message, reply)) return;
    const text = answerTooLarge(`${module}.${name}`, reply);
    this.log.error({ msg: text, module, operation: name });
    const traceId = currentContext()?.requestId ?? '-';
    message.respond(encodeError(new DomainError('internal', { traceId }, text), new Map()));
  }
}
