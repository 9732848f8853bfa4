/**
 * A DTO class: its class-validator rules are the contract's schema on every transport.
 *
 * @example
 * ```ts
 * class Parcel {
 *   @Id() orderId: string;
 *   @Count(1) grams: number;
 * }
 * const dto: Dto<Parcel> = Parcel;
 * ```
 */
export type Dto<T> = new () => T;
