import { getMetadataStorage } from 'class-validator';

/** Whether an input with this field alone can be valid: all others may be left out. */
export function needsOnly(dto: new () => unknown, field: string): boolean {
  const rules = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  // `IsOptional` is a condition on the other rules of its field.
  const optional = new Set(rules.filter(isCondition).map(({ propertyName }) => propertyName));
  return rules.every(({ propertyName }) => propertyName === field || optional.has(propertyName));
}

const isCondition = ({ type }: { type: string }): boolean => type === 'conditionalValidation';
