import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { ToolkitMetrics } from '#strangler/operate/metrics/toolkit-metrics';
import { mailGauges, processRegistry } from '#platform';

/* Dashboard and alerts name metrics that the programs have, and each alert leads to what there is to do. */

interface Panel {
  title: string;
  targets?: { expr: string }[];
}
interface Alert {
  alert: string;
  expr: string;
  annotations: { summary: string; runbook: string };
}

const read = (path: string): string => readFileSync(path, 'utf8');
const { panels } = JSON.parse(read('deploy/observability/dashboard.json')) as { panels: Panel[] };
const { groups } = parse(read('deploy/observability/alerts.yaml')) as { groups: { rules: Alert[] }[] };
const alerts = groups.flatMap(({ rules }) => rules);

/** Of the parts none is asked for a figure: the names stand beside what reads them. */
function namesOfToolkit(): { gauges: string[]; histograms: string[] } {
  const metrics = new ToolkitMetrics();
  const parts = { database: {}, link: {}, guarded: {}, agents: {}, operator: {} } as unknown as Parameters<
    ToolkitMetrics['gauges']
  >[0];
  return {
    gauges: metrics.gauges(parts).flatMap(({ gauges }) => Object.keys(gauges)),
    histograms: metrics.histograms.map(({ name }) => name),
  };
}

async function existing(): Promise<Set<string>> {
  const { gauges, histograms } = namesOfToolkit();
  const mails = [mailGauges(() => ({ query: () => Promise.resolve([]) }) as never)];
  const registry = processRegistry({ service: 'a', version: '1' }, {}, { gauges: mails });
  const own = registry.getMetricsAsArray().map(({ name }) => name);
  // Each name of the API stands on this page, and no other does (test/e2e/gateway.spec.ts).
  const api = read('docs/gateway.md').match(/(?<=`)api_\w+/g) ?? [];
  const series = [...histograms, ...api].flatMap((name) =>
    ['_bucket', '_count', '_sum'].map((end) => name + end),
  );
  return new Set([...gauges, ...own, ...api, ...series]);
}

/** The names of metrics in an expression: what is followed by no bracket, and is no label, no word of the language. */
const metricsIn = (expr: string): string[] =>
  expr
    .replace(/\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on)\s*\([^)]*\)/g, ' ')
    .match(/\b[a-z]\w*\b(?!\s*\()/g)
    ?.filter((word) => !['or', 'and', 'unless', 'by', 'e'].includes(word)) ?? [];

it('each metric of a panel and of an alert exists', async () => {
  const known = await existing();
  const named = [
    ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
    ...alerts.map(({ alert, expr }) => [alert, expr] as const),
  ].flatMap(([where, expr]) => metricsIn(expr).map((name) => `${where}: ${name}`));
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((each) => !known.has(each.split(': ')[1]!))).toEqual([]);
});

it('each metric of the toolkit stands in the table of docs/operations.md', () => {
  const page = read('docs/operations.md');
  const { gauges, histograms } = namesOfToolkit();
  expect([...gauges, ...histograms].filter((name) => !page.includes(`| \`${name}\``))).toEqual([]);
});

it('each alert leads to a section that there is, and each section is an alert’s', () => {
  const sections = [...read('docs/alerts.md').matchAll(/^## (\w+)$/gm)].map(([, title]) => title!);
  expect(alerts.map(({ alert }) => alert)).toEqual(sections);
  expect(alerts.map(({ annotations }) => annotations.runbook)).toEqual(
    sections.map((title) => `docs/alerts.md#${title.toLowerCase()}`),
  );
});
