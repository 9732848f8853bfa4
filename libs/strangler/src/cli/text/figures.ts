/** At a terminal all is English; on the page figures are written as the reader is used to. */
export const locale = 'document' in globalThis ? undefined : 'en-GB';

/**
 * A whole number for people.
 *
 * @internal
 */
export const number = (figure: number): string => Math.round(figure).toLocaleString(locale);

/** A figure that may be a fraction, with as many digits as matter: of a large one, those before the point. */
export const figure = (value: number | null): string => {
  if (value === null) return '–';
  return value < 1_000 ? value.toLocaleString(locale, { maximumSignificantDigits: 3 }) : number(value);
};

/** Seconds for people: `4 s`, `2 min 5 s`, `1 h 3 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 172_800) return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3_600)} h`;
}

/** Milliseconds for people; `–` where there are none. */
export function milliseconds(ms: number | null): string {
  if (ms === null) return '–';
  return ms < 10_000 ? `${ms < 10 ? figure(ms) : number(ms)} ms` : duration(ms / 1_000);
}

/** `done` of `total`, 0 to 1. Nothing to do counts as done; more than all is all: rows are added while they are counted. */
export const share = (done: number, total: number): number =>
  total <= 0 ? 1 : Math.min(1, Math.max(0, done / total));

/** Rounded down: 100 % is said when nothing is left. */
export const percent = (part: number): string => `${Math.floor(part * 100)} %`;
