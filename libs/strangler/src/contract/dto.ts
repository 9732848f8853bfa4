/** A DTO class: its class-validator rules are the contract's schema on every transport. */
export type Dto<T> = new () => T;
