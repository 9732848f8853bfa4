/** What a dialog asks for, beside the verb. */
export type Question = 'percent' | 'ramp' | 'bake' | 'minSamples' | 'to' | 'from';

/** What somebody has answered; left out, or empty: nothing, and it stays as it is. */
export type Answers = Partial<Record<Question, string>>;

/** As the admin API takes it, which says what is wrong with it. Pure. */
export function parametersOf({ percent, ramp, bake, minSamples, to, from }: Answers): object {
  const gates = minSamples ? { gates: { minSamples: Number(minSamples) } } : {};
  const settings = { ...(ramp && { ramp: ramp.split(',').map(Number) }), ...(bake && { bake }), ...gates };
  return {
    ...(percent && { percent: Number(percent) }),
    ...(Object.keys(settings).length > 0 && { settings }),
    ...(to && { to }),
    ...(from && { from: momentOf(from) }),
  };
}

/** With its zone; what is no time, as the year 12345, goes as it was typed, and is refused there. */
function momentOf(typed: string): string {
  const at = new Date(typed);
  return Number.isNaN(at.getTime()) ? typed : at.toISOString();
}
