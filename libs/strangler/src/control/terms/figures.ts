/* How figures are written in sentences. */

export const inNumbers = (value: number): string => Math.round(value).toLocaleString('en-GB');
export const inMs = (value: number): string =>
  value < 1_000 ? `${Math.round(value)} ms` : `${Math.round(value / 100) / 10} s`;
export const inPercent = (share: number): string => `${Math.round(share * 10_000) / 100} %`;
export const inTimes = (ratio: number): string => `${Math.round(ratio * 10) / 10}`;
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${inNumbers(count)} ${count === 1 ? one : many}`;
