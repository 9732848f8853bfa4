/**
 * Several property decorators as one, so that a field's rules have one name.
 *
 * @example
 * ```ts
 * const Sku = () => applyDecorators(IsString(), Length(1, 20));
 * class Line {
 *   @Sku() sku: string;
 * }
 * ```
 */
export const applyDecorators =
  (...decorators: PropertyDecorator[]): PropertyDecorator =>
  (target, property) =>
    decorators.forEach((decorate) => decorate(target, property));
