/**
 * The numbers of the changes that a transaction has written, from the text that its capture triggers make: those of one statement are
 * neighbours, `5000` or `5000-5002`.
 */
export function changesIn(text: string | undefined): number[] {
  return (text || undefined)?.split(',').flatMap(numbersOf) ?? [];
}

function numbersOf(statement: string): number[] {
  const [first, last] = statement.split('-').map(Number) as [number, number?];
  return Array.from({ length: (last ?? first) - first + 1 }, (_, place) => first + place);
}
