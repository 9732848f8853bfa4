/** A promise that is settled from outside, and that knows its value once it has one. */
export interface Pending<T> {
  readonly promise: Promise<T>;
  readonly value: T | undefined;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** Makes a pending promise. Rejecting it is not an unhandled rejection if nobody waits any more. */
export function pending<T>(): Pending<T> {
  let settle!: (value: T) => void;
  let reject!: (error: unknown) => void;
  let value: T | undefined;
  const promise = new Promise<T>((onValue, onError) => ([settle, reject] = [onValue, onError]));
  promise.catch(() => undefined);
  return {
    promise,
    reject,
    get value() {
      return value;
    },
    resolve(to: T) {
      value = to;
      settle(to);
    },
  };
}
