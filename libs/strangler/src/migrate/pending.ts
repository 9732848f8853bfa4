import { base, increments, type SqlFile } from './sql-files.js';

/** What a database has to run. */
export interface Pending {
  /** SQL, in this order. */
  texts: readonly string[];
  /** What is recorded of it. */
  names: readonly string[];
  /** The lowest release whose processes can work after it, where older ones cannot. */
  lowestRelease: string | undefined;
}

/** What 0.1.0 had, the first release: no database has less, and its migrations are in the base alone. */
const firstRelease = [
  'Commands1764000000001',
  'Ownership1764000000002',
  'CommandParts1764000000003',
  'Control1764000000004',
  'Shadow1764000000005',
  'Routes1764000000006',
];

/** Nothing recorded: the base, which contains all increments. Else the increments that are not recorded. @throws when that is of no release. */
export function pendingAfter(recorded: ReadonlySet<string>): Pending {
  const missing = increments().filter(({ name }) => !recorded.has(name));
  const names = missing.map(({ name }) => name);
  const lowestRelease = missing.map(({ text }) => lowestReleaseIn(text())).findLast(Boolean);
  if (recorded.size === 0)
    return { texts: textsOf(base()), names: [...firstRelease, ...names], lowestRelease };
  const lacking = firstRelease.filter((name) => !recorded.has(name));
  if (lacking.length > 0)
    throw new Error(`strangler.migrations lacks ${lacking.join(', ')}, which every release has recorded`);
  return { texts: textsOf(missing), names, lowestRelease };
}

const textsOf = (files: readonly SqlFile[]): string[] => files.map(({ text }) => text());

const lowestReleaseIn = (text: string): string | undefined =>
  /^-- Lowest release: (\d+\.\d+\.\d+)$/m.exec(text)?.[1];
