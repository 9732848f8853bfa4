import { InvalidArgumentError, Option, type Command } from 'commander';
import { deliveryStates, type DeliveryState } from '../../calls/events/event-views.js';
import type { ActionAnswer } from '../../control/commands/operator.js';
import type { Cli } from '../cli.js';
import { changing, looking, uuidIn, wholeNumber, type ChangingFlags, type LookingFlags } from '../command.js';
import { eventLines, eventsLines } from '../text/events.js';
import { answerLines } from '../text/lists.js';

interface ListFlags extends LookingFlags {
  type?: string;
  key?: string;
  subscriber?: string;
  state?: DeliveryState;
  since?: string;
  until?: string;
  limit: number;
}

interface RepairFlags extends ChangingFlags {
  subscriber: string;
}

interface ReplayFlags extends RepairFlags {
  from?: string;
}

/** `events list|show|resubmit|discard|replay`: what modules have told, and where it is on its way to each subscriber. */
export function events(program: Command, cli: Cli): Command {
  const group = program
    .command('events')
    .description('see events on their way to their subscribers; send them again, or put them away');
  list(group, cli);
  show(group, cli);
  repair(group, cli, 'resubmit', 'try an event again that a subscriber has not handled');
  repair(group, cli, 'discard', 'put an event away that a subscriber has failed at: it is never handled');
  replay(group, cli);
  return group;
}

/** A time in the form of RFC 3339, for commander. */
function time(text: string): string {
  if (Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('A time is expected, as 2026-03-01T08:00:00Z.');
  return new Date(text).toISOString();
}

/** @throws {Misuse} */
const idIn = (text: string): string => uuidIn(text, 'an event: events list has them');

const list = (group: Command, cli: Cli): Command =>
  looking(group, 'list [module]', 'the newest events, one line a subscriber, and how far behind each is', {
    list: 'of all modules',
    'list parcels --state failed': 'that wait for somebody',
    'list parcels --key A7 --since 2026-03-01T08:00:00Z': 'what has happened to one key',
  })
    .option('--type <type>', 'of this type alone, as parcels.sent')
    .option('--key <key>', 'of this routing key alone')
    .option('--subscriber <module>', 'on their way to this module alone')
    .addOption(new Option('--state <state>', 'in this state alone').choices(deliveryStates))
    .option('--since <time>', 'told at this time or later, as 2026-03-01T08:00:00Z', time)
    .option('--until <time>', 'told before this time', time)
    .option('--limit <n>', 'the newest n', wholeNumber(1, 1_000), 100)
    .action(async (module: string | undefined, { json, ...question }: ListFlags) => {
      const found = await cli.client.events({ ...question, ...(module !== undefined && { module }) });
      if (json) cli.out.json(found);
      else cli.out.print(eventsLines(found));
    });

const show = (group: Command, cli: Cli): Command =>
  looking(group, 'show <id>', 'one event: what it says, and where it is on its way to each subscriber', {
    'show 0198a1b2-0000-7000-8000-000000000001': 'fields that are masked have no values',
  }).action(async (id: string, { json }: LookingFlags) => {
    const items = await cli.client.event(idIn(id));
    if (json) cli.out.json({ items });
    else cli.out.print(eventLines(items));
  });

const repair = (group: Command, cli: Cli, how: 'resubmit' | 'discard', does: string): Command =>
  changing(group, `${how} <id>`, does, {
    [`${how} 0198a1b2-0000-7000-8000-000000000001 --subscriber mails`]: 'those of its key behind it follow',
  })
    .requiredOption('--subscriber <module>', 'the module that was called')
    .action(async (id: string, { json, ...body }: RepairFlags) =>
      say(cli, json, await cli.client.actOnEvent(idIn(id), how, body)),
    );

const replay = (group: Command, cli: Cli): Command =>
  changing(group, 'replay <module>', "send a module's events to a subscriber again, into its emptied view", {
    'replay parcels --subscriber stats --dry-run': 'what that would do',
    'replay parcels --subscriber stats': 'from the first one on',
  })
    .requiredOption('--subscriber <module>', 'the module whose view is built anew')
    .option('--from <time>', 'begin with those told at this time or later, as 2026-03-01T08:00:00Z', time)
    .action(async (module: string, { json, ...body }: ReplayFlags) =>
      say(cli, json, await cli.client.replayEvents({ module, ...body })),
    );

const say = ({ out }: Pick<Cli, 'out'>, json: true | undefined, answer: ActionAnswer): void =>
  json ? out.json(answer) : out.print(answerLines(answer));
