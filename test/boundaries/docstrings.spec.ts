import { readFileSync } from 'node:fs';
import { Docstrings, examplesIn, publicFiles, type Exported } from './docstrings/examples.js';

/* Every name that a package exports says what it is, and shows how it is used; and what it shows compiles. */
const broken = `/**
 * Says it.
 *
 * @example
 * \`\`\`ts
 * const sides: Side[] = ['monolith', 'elsewhere'];
 * \`\`\`
 */`;
const sources = publicFiles().map((file) => [file, readFileSync(file, 'utf8')] as const);
const docstrings = new Docstrings(examplesIn(new Map([...sources, ['broken.ts', broken]])));
const isBroken = (problem: string): boolean => problem.startsWith('broken.ts');

/** `@internal`: for this repository's own programs, and nothing that a release has to keep (UPGRADING.md). They have an entry of their own. */
const isInternal = ({ docstring }: Exported): boolean => /@internal\b/.test(docstring);
const { exported } = docstrings;
const named = (those: readonly Exported[]): string[] => those.map(({ entry, name }) => `${entry}: ${name}`);

it('the names were found', () => {
  expect(docstrings.exported.length).toBeGreaterThan(100);
  expect(named(exported)).toContain('nestjs-strangler-embedded-servers: acquireEmbedded');
});

it('each has a docstring', () => {
  const bare = exported.filter(
    ({ docstring }) => !/\w/.test(docstring.replace(/@(example|internal)[^]*/, '')),
  );
  expect(named(bare)).toEqual([]);
});

it('each that an application may use has an example', () => {
  const without = exported.filter(
    (each) => !isInternal(each) && !/@example\s+\* ```ts\n/.test(each.docstring),
  );
  expect(named(without)).toEqual([]);
});

it('what is for this repository alone has an entry of its own', () => {
  const at = (entry: string) => exported.filter((each) => each.entry === entry);
  expect(named(at('nestjs-strangler').filter(isInternal))).toEqual([]);
  expect(at('nestjs-strangler/internal').length).toBeGreaterThan(10);
  expect(named(at('nestjs-strangler/internal').filter((each) => !isInternal(each)))).toEqual([]);
});

it('the examples compile', () => {
  expect(docstrings.problems().filter((problem) => !isBroken(problem))).toEqual([]);
});

it('one that does not compile is found', () => {
  expect(docstrings.problems().filter(isBroken)).toEqual([
    expect.stringMatching(/^broken.ts:4: .*"elsewhere"/),
  ]);
});
