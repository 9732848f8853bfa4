import { UnavailableError } from '#contracts';
import { Logger } from '@nestjs/common';
import { ServerNats } from '@nestjs/microservices';
import { Svcm, type Service, type ServiceMsg } from '@nats-io/services';
import type { NatsConnection } from '@nats-io/transport-node';
import { withContext, type CallContext } from '../context.js';
import type { Executor } from '../executor.js';
import type { LocalModules } from '../here.js';
import type { Side } from '../phase.js';
import { decodeHeaders, encodeError, encodeResult, rpcSubject } from './codec.js';
import type { NatsLink } from './link.js';

const version = '1.0.0';

/**
 * Serves every contract of this process over Nest's NATS transport, operation by operation as the contract lists them:
 * no handler is written by hand. Subscriptions are those of a NATS micro service, so that standard tools find it
 * (`nats micro ls`). Calls are answered straight from the executor instead of through an Observable per message.
 */
export class ContractServer extends ServerNats {
  private readonly log = new Logger(ContractServer.name);
  private readonly services: Service[] = [];
  private readonly inFlight = new Set<Promise<void>>();
  private ready: () => void = () => undefined;

  /** Resolves once calls are taken. */
  readonly serving = new Promise<void>((resolve) => (this.ready = resolve));

  constructor(
    private readonly link: NatsLink,
    private readonly modules: LocalModules,
  ) {
    super({});
  }

  /** Serves as soon as there is a connection, and whenever there is one again. */
  override listen(callback: (error?: unknown) => void): Promise<void> {
    const { side } = this.modules;
    if (side) this.link.onConnection((connection) => void this.serve(connection, side));
    callback();
    return Promise.resolve();
  }

  /** Stops taking calls, answers those that it has taken, and waits until the answers have left. */
  override async close(): Promise<void> {
    await Promise.all(this.services.map((service) => service.stop()));
    while (this.inFlight.size > 0) await Promise.all(this.inFlight);
    await this.link.current?.flush();
  }

  private async serve(connection: NatsConnection, side: Side): Promise<void> {
    for (const executor of this.modules.all()) {
      const { name, operations } = executor.contract;
      const service = await new Svcm(connection).add({ name, version, queue: side, metadata: { side } });
      for (const operation of Object.keys(operations)) {
        const subject = rpcSubject(name, operation, side);
        service.addEndpoint(operation, {
          subject,
          handler: (_error, message) => this.track(this.answer(executor, operation, message)),
        });
      }
      this.services.push(service);
    }
    await connection.flush();
    this.ready();
    this.log.log(
      `serving ${this.modules
        .all()
        .map((e) => e.contract.name)
        .join(', ')} as ${side}`,
    );
  }

  private track(answer: Promise<void>): void {
    this.inFlight.add(answer);
    void answer.finally(() => this.inFlight.delete(answer));
  }

  private async answer(executor: Executor, operation: string, message: ServiceMsg): Promise<void> {
    const { commandId, ...rest } = decodeHeaders(message);
    const context: CallContext = { ...rest, servedBy: new Map() };
    const started = performance.now();
    const reply = await withContext(context, () =>
      this.reply(executor, operation, message, commandId, context),
    );
    message.respond(reply);
    withContext(context, () =>
      this.log.log({
        msg: 'call served',
        module: executor.contract.name,
        operation,
        ms: Math.round(performance.now() - started),
      }),
    );
  }

  private async reply(
    executor: Executor,
    operation: string,
    message: ServiceMsg,
    commandId: string | undefined,
    { deadline, servedBy }: CallContext,
  ): Promise<string> {
    try {
      if ((deadline ?? Infinity) <= Date.now()) {
        throw new UnavailableError(
          executor.contract.name,
          'the call came after its deadline and was not started',
        );
      }
      return encodeResult(await executor.execute(operation, message.json(), commandId), servedBy);
    } catch (error) {
      return encodeError(error, servedBy);
    }
  }
}
