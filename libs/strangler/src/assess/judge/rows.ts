import type { Facts } from '../facts/facts.js';
import { outside } from '../facts/modules.js';
import type { RowAccess } from '../facts/usage.js';
import { found, groupBy, moduleOf, names, type Placed } from './obstacles.js';

/** Rows of a module that others touch without asking it. Each finding stands at both. */
export function rowObstacles(facts: Facts): Placed[] {
  const across = facts.accesses.filter(
    (one) => moduleOf(facts, one.at) !== facts.modules.ofEntity(one.entity),
  );
  const others = across.filter(({ via }) => via !== 'sql');
  return [...pastTheService(facts, others), ...sqlAcross(facts)];
}

function pastTheService(facts: Facts, accesses: readonly RowAccess[]): Placed[] {
  const groups = groupBy(
    accesses,
    ({ class: one, at, entity }) => `${one?.name ?? ''} ${at.file} ${entity.table}`,
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    const { entity, class: one, at } = first!;
    const user = moduleOf(facts, at);
    const owner = facts.modules.ofEntity(entity);
    const writes = group.filter(({ kind }) => kind === 'write');
    const kind = writes.length > 0 ? ('writes past' as const) : ('reads past' as const);
    const places = (writes.length > 0 ? writes : group).map((each) => each.at);
    const who = one?.name ?? at.file;
    const how = writes.length > 0 ? 'writes' : group.every(({ via }) => via === 'join') ? 'joins' : 'reads';
    const members = names(group.map(({ member }) => member).filter((member) => member !== ''));
    const where = members === '' ? '' : ` in ${members}`;
    // A script runs when somebody wants it to; a module's own code runs all the time.
    const weight = user === outside ? { points: 1 } : { blocks: true };
    const text = `${who}${user === outside ? '' : ` of ${user}`} ${how} ${entity.table}${where}, past the service`;
    const at_ = [found(owner, kind, [user], text, places, weight)];
    if (user !== outside)
      at_.push(
        found(user, kind, [owner], `${who} ${how} ${entity.table} of ${owner}${where}`, places, weight),
      );
    return at_;
  });
}

function sqlAcross(facts: Facts): Placed[] {
  const statements = facts.accesses.filter(({ via }) => via === 'sql');
  const groups = groupBy(statements, ({ at }) => `${at.file}:${at.line}`);
  return [...groups.values()].flatMap((group) => {
    const { at, class: one, member } = group[0]!;
    const user = moduleOf(facts, at);
    const owners = [...new Set(group.map(({ entity }) => facts.modules.ofEntity(entity)))];
    if (owners.every((owner) => owner === user)) return [];
    const tables = names(group.map(({ entity }) => entity.table));
    const does = group.some(({ kind }) => kind === 'write') ? 'writes' : 'reads';
    const who = [one?.name, member].filter((part) => part).join('.') || at.file;
    const text = `a statement of ${who} ${does} ${tables}`;
    const concerned = [...new Set([user, ...owners])].filter((module) => module !== outside);
    const weight = user === outside ? { points: 1 } : { blocks: true };
    return concerned.map((module) => found(module, 'sql across', [user, ...owners], text, [at], weight));
  });
}
