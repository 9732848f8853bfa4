import { History, type Event } from '../history.js';
import { errorCounts, unexplained, type Outage } from './errors.js';
import { planOf } from './plan.js';

const event = (change: Partial<Event>): Event => {
  const history = new History(0);
  history.add({
    ...{ client: 1, operation: 'order', subject: 'o', began: 0, outcome: 'refused', status: 503 },
    ...{ detail: 'unavailable', ...change },
  });
  return { ...history.events[0]!, ...change, ended: change.ended ?? 10 };
};
const outage = (what: string, began: number, ended: number): Outage => ({ what, began, ended });

describe('what customers are told', () => {
  it.each<[what: string, change: Partial<Event>, outages: Outage[], explained: boolean]>([
    ['an error while a database is away', {}, [outage('database crashes', 5, 50)], true],
    ['one that was begun before it, and ends in it', { ended: 6 }, [outage('freeze', 5, 50)], true],
    ['one before it', { ended: 4 }, [outage('freeze', 5, 50)], false],
    ['one after it', { began: 60, ended: 70 }, [outage('freeze', 5, 50)], false],
    ['one beside nothing', {}, [], false],
    ['a fault of the shop', { status: 500, detail: 'internal' }, [outage('freeze', 5, 50)], false],
    ['an answer that broke off', { status: 502, detail: 'broke_off' }, [outage('kill', 5, 50)], true],
    [
      'the same beside what kills nobody',
      { status: 502, detail: 'broke_off' },
      [outage('freeze', 5, 50)],
      false,
    ],
    ['no connection', { status: 0, detail: 'fetch failed' }, [outage('kill', 5, 50)], false],
    ['a refusal of a good order', { status: 409, detail: 'out_of_stock' }, [outage('kill', 5, 50)], false],
    [
      'a customer who is known already, for his first answer was lost',
      { operation: 'register', status: 409, detail: 'email_taken' },
      [],
      true,
    ],
  ])('%s', (_what, change, outages, explained) => {
    expect(unexplained([event(change)], outages)).toHaveLength(explained ? 0 : 1);
  });

  it('is counted by what failed meanwhile', () => {
    const outages = [outage('kill', 0, 20), outage('freeze', 15, 30)];
    const events = [event({ ended: 5 }), event({ began: 16, ended: 18 }), event({ began: 40, ended: 50 })];
    expect(errorCounts(events, outages)).toEqual({
      kill: { '503 unavailable': 2 },
      freeze: { '503 unavailable': 1 },
      nothing: { '503 unavailable': 1 },
    });
  });
});

describe('the plan of a seed', () => {
  const firstOf = (seed: number) => {
    const { deeds, walks, changes, last } = planOf(seed);
    const some = <T>(of: Iterator<T, never>) => Array.from({ length: 16 }, () => of.next().value);
    return { deeds: some(deeds), walks: some(walks), changes: some(changes), last };
  };

  it('is the same for the same seed, and another one for another', () => {
    expect(firstOf(7)).toEqual(firstOf(7));
    expect(firstOf(7)).not.toEqual(firstOf(8));
  });

  it('has each kind of deed, each module and each table before any comes again', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { deeds, walks, changes, last } = firstOf(seed);
      expect(new Set(deeds.slice(0, 8).map(({ kind }) => kind)).size).toBe(6);
      expect(new Set(walks.slice(0, 4).map(({ module }) => module)).size).toBe(4);
      expect(new Set(changes.slice(0, 4).map(({ table }) => table)).size).toBe(4);
      expect(Object.values(last).map(({ phase }) => phase)).not.toContain('monolith');
    }
  });
});
