import fc from 'fast-check';
import { Turns, type Turn } from './turns.js';

const limits = { atOnce: 2, waiting: 3, waitMs: 1_000 };

/** A request of a caller comes, or one of his that is there ends. */
const steps = fc.array(
  fc.record({ caller: fc.constantFrom('a', 'b', 'c'), ends: fc.boolean(), which: fc.nat(4) }),
  { maxLength: 80 },
);

it('nobody has more than his share, whatever others do; who may run waits for nothing; first come, first served', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const turns = new Turns(limits);
      const running: Record<string, number[]> = { a: [], b: [], c: [] };
      const waiting: Record<string, number[]> = { a: [], b: [], c: [] };
      const held = new Map<number, Turn>();
      const end = (id: number, caller: string) => {
        waiting[caller] = waiting[caller]!.filter((each) => each !== id);
        running[caller] = running[caller]!.filter((each) => each !== id);
        held.get(id)!.end();
        // Again it does nothing.
        held.get(id)!.end();
      };
      all.forEach(({ caller, ends, which }, id) => {
        const [runs, waits] = [running[caller]!, waiting[caller]!];
        const own = [...runs, ...waits];
        if (ends) return own.length > 0 && end(own[which % own.length]!, caller);
        const turn = turns.take(caller, () => {
          expect(waiting[caller]!.shift()).toBe(id);
          running[caller]!.push(id);
        });
        expect([turn?.runs, own.length]).toEqual([
          runs.length < limits.atOnce ? true : waits.length < limits.waiting ? false : undefined,
          turn ? own.length : limits.atOnce + limits.waiting,
        ]);
        if (!turn) return;
        held.set(id, turn);
        (turn.runs ? runs : waits).push(id);
      });
      for (const caller of Object.keys(running)) {
        expect(running[caller]!.length).toBeLessThanOrEqual(limits.atOnce);
        if (running[caller]!.length < limits.atOnce) expect(waiting[caller]).toEqual([]);
        while (running[caller]!.length > 0) end(running[caller]![0]!, caller);
      }
      expect(turns.size).toBe(0);
    }),
  );
});
