import { commandOf } from '../../src/control/commands/commands.js';
import { Schema } from '../../src/contract/schema.js';
import { parametersOf, type Answers } from './questions.js';
import { pause, rare, resume, rollback, steps, type VerbButton } from './verb-buttons.js';

const all: readonly VerbButton[] = [...steps, pause, resume, rollback, ...rare];
const answers: Answers = { percent: '25', ramp: '5,100', bake: '5m', minSamples: '10', to: 'shadow' };

/** All that can be sent with it. */
const bodyOf = ({ verb, parameters, asks = [] }: VerbButton) => ({
  ...parameters,
  ...parametersOf(Object.fromEntries(asks.map((question) => [question, answers[question]]))),
  ...(verb === 'decommission' && { confirm: 'stock' }),
});

function takesWrite(verbButton: VerbButton): boolean {
  try {
    Schema.of(commandOf(verbButton.verb).body).parse({ ...bodyOf(verbButton), write: true });
    return true;
  } catch {
    return false;
  }
}

describe('what the buttons send', () => {
  it.each(all.map((verbButton) => [verbButton.label, verbButton] as const))(
    '%s is taken by the admin API',
    (_label, verbButton) => {
      const body = { ...bodyOf(verbButton), ...(verbButton.steers && { write: true }), dryRun: true };
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
