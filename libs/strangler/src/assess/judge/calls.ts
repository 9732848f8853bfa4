import type { Facts } from '../facts/facts.js';
import { hindrancesOf } from '../facts/signatures.js';
import { outside } from '../facts/modules.js';
import type { InstanceCall } from '../facts/usage.js';
import { found, groupBy, moduleOf, names, type Placed } from './obstacles.js';

/** Calls from one module to another's classes. DTOs, errors and entities are values, not services. */
export function callsAcross(facts: Facts): InstanceCall[] {
  return facts.calls.filter(({ target, at }) => {
    const owner = facts.modules.of(target.source.path);
    return owner !== outside && owner !== moduleOf(facts, at) && isService(facts, target);
  });
}

/** Something that is injected: it is decorated, or abstract, or has others injected. */
function isService({ entities }: Facts, { node, decorations }: InstanceCall['target']): boolean {
  if (entities.of(node)) return false;
  return (
    decorations.some(({ name }) =>
      /^(Injectable|Controller|Resolver|Processor|CommandHandler|QueryHandler|WebSocketGateway)$/.test(name),
    ) ||
    !!node.modifiers?.some((one) => one.getText() === 'abstract') ||
    /(Service|Repository|Client|Gateway|Manager|Provider)$/.test(node.name?.text ?? '')
  );
}

/** Who calls whom, and what of it cannot be called over a network. */
export function callObstacles(facts: Facts): Placed[] {
  const calls = callsAcross(facts);
  const pairs = groupBy(
    calls,
    ({ target, at }) => `${facts.modules.of(target.source.path)} ${moduleOf(facts, at)}`,
  );
  const between = [...pairs.values()].flatMap((group) => {
    const { target, at } = group[0]!;
    const [owner, user] = [facts.modules.of(target.source.path), moduleOf(facts, at)];
    const methods = names(group.map(({ method }) => method));
    const classes = names(group.map(({ class: one, at: place }) => one?.name ?? place.file));
    const places = group.map((one) => one.at);
    const both = [
      found(
        owner,
        'called by',
        [user],
        user === outside ? `${classes}: ${methods}` : `${user}: ${methods} (${classes})`,
        places,
      ),
    ];
    if (user !== outside) both.push(found(user, 'calls', [owner], `${owner}: ${methods}`, places));
    return both;
  });
  return [...between, ...throughPorts(facts), ...hindrances(facts, calls)];
}

/** Calls that already go through a port: they are said, and cost nothing any more. */
function throughPorts(facts: Facts): Placed[] {
  const calls = facts.portCalls.flatMap((call) => {
    const owner = facts.modules.list.find(({ name }) => name === call.contract)?.name;
    const user = moduleOf(facts, call.at);
    return owner === undefined || owner === user ? [] : [{ ...call, owner, user }];
  });
  return [...groupBy(calls, ({ owner, user }) => `${owner} ${user}`).values()].flatMap((group) => {
    const { owner, user, at } = group[0]!;
    const operations = names(group.map(({ operation }) => operation));
    const classes = names(group.map(({ class: one, at: place }) => one?.name ?? place.file));
    const places = group.map((one) => one.at);
    const who = user === outside ? at.file : user;
    const free = { points: 0 };
    const both = [
      found(owner, 'called by', [user], `${who}: ${operations} (${classes}), through its port`, places, free),
    ];
    if (user !== outside)
      both.push(found(user, 'calls', [owner], `${owner}: ${operations}, through its port`, places, free));
    return both;
  });
}

function hindrances(facts: Facts, calls: readonly InstanceCall[]): Placed[] {
  const methods = groupBy(calls, ({ target, method }) => `${target.source.path} ${target.name} ${method}`);
  return [...methods.values()].flatMap((group) => {
    const { target, method } = group[0]!;
    const owner = facts.modules.of(target.source.path);
    const askers = group.map(({ at }) => moduleOf(facts, at));
    return hindrancesOf(facts.classes, target, method).map(({ why, at }) =>
      found(owner, 'cannot cross', askers, `${target.name}.${method}: ${why}`, [at], { blocks: true }),
    );
  });
}
