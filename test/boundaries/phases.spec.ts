import ts from 'typescript';
import { phases } from '#strangler/routes/phase';
import { sourcesIn, sourceText } from './source-text.js';

/* What a phase decides stands in one table (libs/strangler/src/routes/phase.ts): nothing else asks for a phase by its name. */

const names: ReadonlySet<string> = new Set(phases);
/** Also the names of sides. */
const ambiguous: ReadonlySet<string> = new Set(['monolith', 'extracted']);
/** `row.phase`, `phaseOf(name)`, `(phaseOf(name) ?? 'monolith')`. */
const isOfPhase = /phase(Of\(.*\))?( \?\? .*)?\)?$/i;
const mentioned = new RegExp(phases.join('|'));
const equality: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
]);

/** Where a source asks for a phase by its name: comparisons, cases, ranks, conditions in SQL. */
function branches(source: string): string[] {
  if (!mentioned.test(source)) return [];
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const isPhase = (node: ts.Node, beside: string): boolean =>
    ts.isStringLiteral(node) && names.has(node.text) && (!ambiguous.has(node.text) || isOfPhase.test(beside));
  const visit = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node) && equality.has(node.operatorToken.kind)) {
      const { left, right } = node;
      if (isPhase(right, left.getText()) || isPhase(left, right.getText())) found.push(node.getText());
    }
    if (ts.isCaseClause(node) && isPhase(node.expression, node.parent.parent.expression.getText()))
      found.push(node.expression.getText());
    if (ts.isCallExpression(node) && /\b(rank|phases\.indexOf)$/.test(node.expression.getText()))
      if (node.arguments.some((argument) => isPhase(argument, 'phase'))) found.push(node.getText());
    ts.forEachChild(node, visit);
  };
  visit(file);
  const inSql = sourceText(source).texts.filter((text) => /\bphase\s*(=|<>|!=|in\b)\s*\(?'/i.test(text));
  return [...found, ...inSql];
}

it.each([
  `if (row.phase === 'monolith') stay();`,
  `const out = 'shifting' !== phase;`,
  `switch (phase) { case 'extracted': go(); }`,
  `const away = (phaseOf(name) ?? 'monolith') !== 'monolith';`,
  `const late = rank(phase) >= rank('shadow');`,
  `query("select 1 from strangler.module where phase = 'decommissioned'");`,
])('%s: is found', (source) => {
  expect(branches(source)).not.toEqual([]);
});

it.each([
  `const other = side === 'monolith' ? 'extracted' : 'monolith';`,
  `const wanted = { phase: 'extracted', percent: null };`,
  `if (policies[row.phase].atHome) stay();`,
  `const out = policyOf({ phase }).commands === 'extracted';`,
])('%s: is none', (source) => {
  expect(branches(source)).toEqual([]);
});

it('nothing in the toolkit asks for a phase by its name', () => {
  const sources = [...sourcesIn('libs/strangler/src')].filter(
    ([file]) => !/\.(spec|fixture)\.ts$/.test(file),
  );
  expect(sources.length).toBeGreaterThan(100);
  const asking = sources.map(([file, source]) => [file, branches(source)] as const);
  expect(Object.fromEntries(asking.filter(([, all]) => all.length > 0))).toEqual({});
});
