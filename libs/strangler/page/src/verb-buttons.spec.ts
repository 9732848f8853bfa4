import { commandOf } from '../../src/control/commands/commands.js';
import { Schema } from '../../src/contract/schema.js';
import { pause, rare, resume, rollback, steps, type VerbButton } from './verb-buttons.js';

const all: readonly VerbButton[] = [...steps, pause, resume, rollback, ...rare];

function takesWrite({ verb, parameters, asks }: VerbButton): boolean {
  const body = { ...parameters, ...(asks === 'percent' && { percent: 25 }), write: true };
  try {
    Schema.of(commandOf(verb).body).parse(verb === 'decommission' ? { ...body, confirm: 'stock' } : body);
    return true;
  } catch {
    return false;
  }
}

describe('what the buttons send', () => {
  it.each(all.map((verbButton) => [verbButton.label, verbButton] as const))(
    '%s is taken by the admin API',
    (_label, verbButton) => {
      const body = {
        ...verbButton.parameters,
        ...(verbButton.asks === 'percent' && { percent: 25 }),
        ...(verbButton.steers && { write: true }),
        ...(verbButton.verb === 'decommission' && { confirm: 'stock' }),
        dryRun: true,
      };
      expect(() => Schema.of(commandOf(verbButton.verb).body).parse(body)).not.toThrow();
    },
  );

  it('says where it steers, so that the line of the file can be changed', () => {
    for (const verbButton of all)
      expect([verbButton.label, takesWrite(verbButton)]).toEqual([
        verbButton.label,
        verbButton.steers ?? false,
      ]);
  });

  it('has one name each', () => {
    expect(new Set(all.map(({ label }) => label)).size).toBe(all.length);
  });
});
