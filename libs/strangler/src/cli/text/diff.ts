import { line, type Line } from './line.js';

/** What changes between two texts, as `diff -u` shows it: three lines around each change. */
export function diffLines(path: string, before: string | undefined, after: string): Line[] {
  const steps = stepsOf(linesOf(before ?? ''), linesOf(after));
  const near = steps.map((_step, i) =>
    steps.slice(Math.max(i - 3, 0), i + 4).some(({ mark }) => mark !== ' '),
  );
  const shown = steps.flatMap(({ mark, text }, i) => {
    if (!near[i]) return [];
    const gap = i > 0 && !near[i - 1] ? [line('…', 'dim')] : [];
    return [...gap, line(`${mark}${text}`, colours[mark])];
  });
  return [line(before === undefined ? `new file ${path}` : path, 'bold'), ...shown];
}

type Mark = ' ' | '+' | '-';

const colours: Record<Mark, 'dim' | 'green' | 'red'> = { ' ': 'dim', '+': 'green', '-': 'red' };

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/));

/** By the longest list of lines that both have. */
function stepsOf(a: readonly string[], b: readonly string[]): { mark: Mark; text: string }[] {
  const common = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i]![j] =
        a[i] === b[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
  const steps: { mark: Mark; text: string }[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && a[i] === b[j]) {
      steps.push({ mark: ' ', text: a[i++]! });
      j++;
    } else if (j >= b.length || (i < a.length && common[i + 1]![j]! >= common[i]![j + 1]!))
      steps.push({ mark: '-', text: a[i++]! });
    else steps.push({ mark: '+', text: b[j++]! });
  }
  return steps;
}
