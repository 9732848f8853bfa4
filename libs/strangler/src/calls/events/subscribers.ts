import type { Contract } from '../../contract/contract.js';
import { jetStream, publisherOf } from '../../contract/event.js';
import { prepare, type PreparedOperation } from '../../contract/operation.js';

/** Who has a cursor in a module's log. Events of one key come to it in their order, whatever their types. */
export interface EventSubscriber {
  readonly name: string;
  /** Of the events that come to it. */
  readonly types: ReadonlySet<string>;
  /** Whether it begins with the first event that the log has of a key, or with the next one. */
  readonly fromFirst: boolean;
}

/** A module that is called for events of another one, or of its own; it has the module's name. */
export interface ModuleSubscriber extends EventSubscriber {
  /** By the type of the event. */
  readonly commands: ReadonlyMap<string, PreparedOperation>;
}

/** Who is called for which events, by the contracts that this process knows. */
export class Subscribers {
  private readonly byPublisher: ReadonlyMap<string, readonly ModuleSubscriber[]>;
  private readonly outside: ReadonlyMap<string, EventSubscriber>;

  /**
   * @param published whether outsiders are told as well
   * @throws when a subscriber names an event that its module does not tell (one of a module that this process does not know is not looked at),
   * has two commands for one event, or wants to begin in two ways; or has the name of who tells outsiders
   */
  constructor(contracts: readonly Contract[], published = false) {
    if (contracts.some(({ name }) => name === jetStream))
      throw new Error(`no module can have the name ${jetStream}`);
    this.outside = new Map(published ? contracts.flatMap(outsideOf) : []);
    const told = new Map(
      contracts.map(({ name, events }) => [name, new Set(events.map(({ type }) => type))]),
    );
    const byPublisher = new Map<string, ModuleSubscriber[]>();
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

  /** Modules that are called for a module's events. */
  modulesOf(publisher: string): readonly ModuleSubscriber[] {
    return this.byPublisher.get(publisher) ?? [];
  }

  /** Who tells outsiders of a module's events; `undefined`: nobody. */
  outsideOf(publisher: string): EventSubscriber | undefined {
    return this.outside.get(publisher);
  }

  /** Both. */
  of(publisher: string): readonly EventSubscriber[] {
    const outside = this.outsideOf(publisher);
    return [...this.modulesOf(publisher), ...(outside ? [outside] : [])];
  }
}

/** All that the log has is published: a stream that was wiped is filled again. */
const outsideOf = ({ name, events }: Contract): [string, EventSubscriber][] => {
  const types = new Set(events.map(({ type }) => type));
  return types.size > 0 ? [[name, { name: jetStream, types, fromFirst: true }]] : [];
};

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
): ModuleSubscriber {
  const byType = new Map(commands.map((command) => [command.on!, command]));
  if (byType.size < commands.length) throw new Error(`${name} has two commands for one type of event`);
  const starts = new Set(commands.map((command) => (operations[command.name] as { from?: string }).from));
  if (starts.size > 1)
    throw new Error(
      `${name} begins with the first event of ${publisherOf(commands[0]!.on!)}, or with the next one: say one of them`,
    );
  return { name, types: new Set(byType.keys()), commands: byType, fromFirst: starts.has('first') };
}
