import type { Contract } from '../../contract/contract.js';
import { publisherOf } from '../../contract/event.js';
import { prepare, type PreparedOperation } from '../../contract/operation.js';

/** A module that is called for events of another one, or of its own. */
export interface EventSubscriber {
  /** Of the module that is called. Events of one key come to it in their order, whatever their types. */
  readonly name: string;
  /** By the type of the event. */
  readonly commands: ReadonlyMap<string, PreparedOperation>;
  /** Whether it begins with the first event that the log has of a key, or with the next one. */
  readonly fromFirst: boolean;
}

/** Who is called for which events, by the contracts that this process knows. */
export class Subscribers {
  private readonly byPublisher: ReadonlyMap<string, readonly EventSubscriber[]>;

  /**
   * @throws when a subscriber names an event that its module does not tell (one of a module that this process does not know is not looked at),
   * has two commands for one event, or wants to begin in two ways
   */
  constructor(contracts: readonly Contract[]) {
    const told = new Map(
      contracts.map(({ name, events }) => [name, new Set(events.map(({ type }) => type))]),
    );
    const byPublisher = new Map<string, EventSubscriber[]>();
    for (const contract of contracts)
      for (const [publisher, commands] of commandsOf(contract)) {
        for (const { on, name } of commands)
          if (told.get(publisher)?.has(on!) === false)
            throw new Error(`${contract.name}.${name} waits for ${on}, which ${publisher} does not tell`);
        const known = byPublisher.get(publisher) ?? [];
        byPublisher.set(publisher, [...known, subscriberOf(contract, commands)]);
      }
    this.byPublisher = byPublisher;
  }

  /** Of a module's events. */
  of(module: string): readonly EventSubscriber[] {
    return this.byPublisher.get(module) ?? [];
  }
}

/** The subscriptions of a contract, by the module whose events they are. */
function commandsOf(contract: Contract): Map<string, PreparedOperation[]> {
  const found = new Map<string, PreparedOperation[]>();
  for (const operation of prepare(contract).values()) {
    if (operation.on === undefined) continue;
    const publisher = publisherOf(operation.on);
    found.set(publisher, [...(found.get(publisher) ?? []), operation]);
  }
  return found;
}

function subscriberOf(
  { name, operations }: Contract,
  commands: readonly PreparedOperation[],
): EventSubscriber {
  const byType = new Map(commands.map((command) => [command.on!, command]));
  if (byType.size < commands.length) throw new Error(`${name} has two commands for one type of event`);
  const starts = new Set(commands.map((command) => (operations[command.name] as { from?: string }).from));
  if (starts.size > 1)
    throw new Error(
      `${name} begins with the first event of ${publisherOf(commands[0]!.on!)}, or with the next one: say one of them`,
    );
  return { name, commands: byType, fromFirst: starts.has('first') };
}
