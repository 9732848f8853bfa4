import { commandOf } from '../../src/control/commands/commands.js';
import { Schema } from '../../src/contract/schema.js';
import { pause, rare, resume, rollback, steps, type Deed } from './deeds.js';

const all: readonly Deed[] = [...steps, pause, resume, rollback, ...rare];

function takesWrite({ verb, parameters, asks }: Deed): boolean {
  const body = { ...parameters, ...(asks === 'percent' && { percent: 25 }), write: true };
  try {
    Schema.of(commandOf(verb).body).parse(verb === 'decommission' ? { ...body, confirm: 'stock' } : body);
    return true;
  } catch {
    return false;
  }
}

describe('what the buttons send', () => {
  it.each(all.map((deed) => [deed.label, deed] as const))('%s is taken by the admin API', (_label, deed) => {
    const body = {
      ...deed.parameters,
      ...(deed.asks === 'percent' && { percent: 25 }),
      ...(deed.steers && { write: true }),
      ...(deed.verb === 'decommission' && { confirm: 'stock' }),
      dryRun: true,
    };
    expect(() => Schema.of(commandOf(deed.verb).body).parse(body)).not.toThrow();
  });

  it('says where it steers, so that the line of the file can be changed', () => {
    for (const deed of all)
      expect([deed.label, takesWrite(deed)]).toEqual([deed.label, deed.steers ?? false]);
  });

  it('has one name each', () => {
    expect(new Set(all.map(({ label }) => label)).size).toBe(all.length);
  });
});
