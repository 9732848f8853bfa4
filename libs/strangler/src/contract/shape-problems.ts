import { rulesOf } from './checks.js';
import type { Dto } from './dto.js';
import { Handled } from './event.js';
import { nestedOf } from './fields.js';

/** Types that JSON has no form for: over a wire a date would be text, and in the process it would not. */
const without = new Map<unknown, string>([
  [Date, 'text of ISO 8601, or a number'],
  [BigInt, 'text'],
  [Map, 'an object, or a list of pairs'],
  [Set, 'a list'],
]);

/** What of an operation's input and output would not arrive, in words. */
export function problemOfShapes({
  input,
  output,
}: {
  input: Dto<unknown>;
  output: Dto<unknown>;
}): string | undefined {
  if (rulesOf(output).length === 0 && output !== Handled)
    return `its output ${output.name} has no rules, so nothing of it would be answered: give its fields decorators`;
  return problemOfFields(input, new Set()) ?? problemOfFields(output, new Set());
}

function problemOfFields(dto: Dto<unknown>, seen: Set<Dto<unknown>>): string | undefined {
  if (seen.has(dto)) return undefined;
  seen.add(dto);
  for (const { propertyName } of rulesOf(dto)) {
    const type: unknown = Reflect.getMetadata('design:type', dto.prototype as object, propertyName);
    const instead = without.get(type);
    if (instead)
      return `${dto.name}.${propertyName} is a ${(type as { name: string }).name}, which JSON has no form for: make it ${instead}`;
    const nested = nestedOf(dto, propertyName);
    const problem = nested && problemOfFields(nested, seen);
    if (problem) return problem;
  }
  return undefined;
}
