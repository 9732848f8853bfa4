import type { Facts } from '../facts/facts.js';
import { outside } from '../facts/modules.js';
import { found, groupBy, moduleOf, names, type Placed } from './obstacles.js';

/** Transactions that the application opens over rows or services of several modules. */
export function transactionObstacles(facts: Facts): Placed[] {
  return facts.transactions.flatMap(({ how, entities, calls, at, class: one, member }) => {
    const user = moduleOf(facts, at);
    const owners = entities.map((entity) => facts.modules.ofEntity(entity));
    const joined = calls.map(({ target }) => facts.modules.of(target.source.path));
    const modules = [...new Set([...owners, ...joined])].filter((module) => module !== outside);
    if (modules.length < 2 || user === outside) return [];
    const who = [one?.name, member].filter((part) => part).join('.') || at.file;
    const tables = names(entities.map(({ table }) => table));
    const services = names(calls.map(({ target, method }) => `${target.name}.${method}`));
    const over = [tables, services].filter((text) => text !== '').join(' and ');
    const text = `${who} (${how}) is one transaction over ${over}: it becomes a saga, or one module's command`;
    const concerned = [...new Set([user, ...modules])];
    return concerned.map((module) => found(module, 'transaction', concerned, text, [at], { blocks: true }));
  });
}

/** Events that somebody of another module hears, in the same process. */
export function eventObstacles(facts: Facts): Placed[] {
  const names_ = groupBy(facts.events, ({ name }) => name);
  return [...names_].flatMap(([name, events]) => {
    const emits = events.filter(({ role }) => role === 'emits');
    const hears = events.filter(({ role }) => role === 'hears');
    const pairs = emits.flatMap((emitter) =>
      hears.flatMap((hearer) => {
        const [from, to] = [moduleOf(facts, emitter.at), moduleOf(facts, hearer.at)];
        if (from === to || from === outside || to === outside) return [];
        const waits = emitter.isAwaited ? `, and ${from} waits for it` : '';
        const places = [emitter.at, hearer.at];
        const text = `${to} hears ${name} of ${from} (${hearer.class?.name ?? ''}.${hearer.member})${waits}: events stay in a process`;
        return [found(from, 'event', [to], text, places), found(to, 'event', [from], text, places)];
      }),
    );
    return [...groupBy(pairs, ({ module, with: others }) => `${module} ${others.join()}`).values()].map(
      ([first, ...more]) => ({
        ...first!,
        at: [...first!.at, ...more.flatMap(({ at }) => at)].slice(0, 6),
      }),
    );
  });
}

/** What a module does besides its tables and its callers. */
export function ownObstacles(facts: Facts): Placed[] {
  return [
    ...subscribers(facts),
    ...effects(facts),
    ...facts.hiddenInputs.map(({ at, what, class: one }) =>
      found(moduleOf(facts, at), 'request', [], `${one?.name ?? 'a class'} ${what}`, [at], { blocks: true }),
    ),
    ...schedules(facts),
    ...facts.writesBeforeThrows.map(({ at, class: one, member, entity }) => {
      const text = `${one?.name ?? at.file}.${member} writes ${entity.table} and throws: a command's transaction takes that back`;
      return found(moduleOf(facts, at), 'write then throw', [], text, [at]);
    }),
    ...dates(facts),
  ];
}

function subscribers(facts: Facts): Placed[] {
  return facts.subscribers.flatMap(({ at, class: one, entity }) => {
    const [user, owner] = [moduleOf(facts, at), facts.modules.ofEntity(entity)];
    if (user === owner) return [];
    const text = `${one?.name ?? at.file} is called in the transaction of whoever writes ${entity.table}`;
    return [user, owner]
      .filter((module) => module !== outside)
      .map((module) => found(module, 'subscriber', [user, owner], text, [at], { blocks: true }));
  });
}

function effects(facts: Facts): Placed[] {
  const groups = groupBy(facts.effects, ({ what, at }) => `${moduleOf(facts, at)} ${what}`);
  return [...groups.values()].map((group) => {
    const { what, at } = group[0]!;
    const by = names(group.map((one) => one.by));
    const text = `${what} (${by}): what acts outside the database does so once, after the commit`;
    return found(
      moduleOf(facts, at),
      'effect',
      [],
      text,
      group.map((one) => one.at),
    );
  });
}

function schedules(facts: Facts): Placed[] {
  const groups = groupBy(facts.schedules, ({ at }) => moduleOf(facts, at));
  return [...groups].map(([module, group]) => {
    const who = names(group.map(({ class: one, member }) => `${one?.name ?? ''}.${member}`));
    return found(
      module,
      'schedule',
      [],
      `a clock calls ${who}: only at the owner`,
      group.map(({ at }) => at),
    );
  });
}

function dates(facts: Facts): Placed[] {
  return [...groupBy(facts.entities.list, (entity) => facts.modules.ofEntity(entity))].flatMap(
    ([module, entities]) => {
      const columns = entities.flatMap((entity) =>
        entity.columns.filter(({ withoutZone }) => withoutZone).map((column) => ({ entity, column })),
      );
      if (columns.length === 0) return [];
      const named = (some: typeof columns) =>
        names(some.map(({ entity, column }) => `${entity.table}.${column.name}`));
      // The check before the start refuses them.
      const nows = columns.filter(({ column }) => column.defaultsToNow);
      const made = nows.filter(({ column }) => !column.stamped);
      const stamped = columns.filter(({ column }) => column.stamped);
      const why = [
        nows.length + stamped.length > 0
          ? 'sides differ if the time zones of their sessions do'
          : 'they mean what their writer meant',
        ...(made.length > 0 ? [`make (now() at time zone 'UTC') the default of ${named(made)}`] : []),
        ...(stamped.length > 0
          ? [`make ${named(stamped)} timestamptz: TypeORM writes the session's time into it`]
          : []),
      ].join('; ');
      const list = named(columns);
      const text = `${columns.length} date column${columns.length === 1 ? '' : 's'} without a zone (${list}): ${why}`;
      return [
        found(
          module,
          'date without zone',
          [],
          text,
          columns.map(({ column }) => column.at),
          { blocks: nows.length > 0 },
        ),
      ];
    },
  );
}
