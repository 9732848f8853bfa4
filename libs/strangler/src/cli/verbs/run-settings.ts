import { InvalidArgumentError, type Command } from 'commander';
import { wholeNumber, type SteeringFlags } from '../command.js';

/** How the module is to be walked, where that differs from what was said before. */
export interface RunFlags extends SteeringFlags {
  bake?: string;
  ramp?: number[];
  minSamples?: number;
}

/** The options of verbs that walk the whole way. A module that stands in strangler.yaml has them there. */
export const withSettings = (command: Command): Command =>
  command
    .option('--ramp <percents>', 'the shares to stop at on the way, such as 5,25,50', shares)
    .option('--bake <time>', 'how long each step is watched: 500ms, 30s, 10m, 1h')
    .option(
      '--min-samples <n>',
      'fewer calls say nothing, and the step waits; 0 for a shop without traffic',
      wholeNumber(0, 1_000_000),
    );

/** The flags with their settings as the body of the request wants them. */
export function bodyOf({ bake, ramp, minSamples, ...flags }: RunFlags) {
  const gates = minSamples !== undefined && { gates: { minSamples } };
  const settings = { ...(ramp && { ramp }), ...(bake !== undefined && { bake }), ...gates };
  return Object.keys(settings).length > 0 ? { ...flags, settings } : flags;
}

function shares(text: string): number[] {
  const numbers = text.split(',').map(Number);
  if (numbers.every((each) => Number.isInteger(each) && each >= 1 && each <= 100)) return numbers;
  throw new InvalidArgumentError('Whole numbers from 1 to 100 with commas between are expected.');
}
