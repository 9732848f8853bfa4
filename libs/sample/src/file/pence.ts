/** Pounds as decimal text to pence, without a float in between. @throws on anything finer than a penny. */
export function pence(text: string): number {
  const [, sign, pounds, fraction = ''] = /^(-?)(\d{1,12})(?:\.(\d{1,2}))?$/.exec(text) ?? [];
  if (pounds === undefined) throw new Error(`"${text}" is no amount in pounds and pence`);
  const amount = Number(pounds) * 100 + Number(fraction.padEnd(2, '0'));
  // Not `-amount`: that would make a minus zero of '-0'.
  return sign ? 0 - amount : amount;
}
