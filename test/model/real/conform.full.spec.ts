import { Logger } from '@nestjs/common';
import { clean } from '../scenarios.js';
import { drivable, traces, walks, type Trace } from '../traces.js';
import { Conformance } from './conform.js';

/*
 * The real procedures, SQL and agents without NATS, along the model's own traces: each transition (kind and outcome) of each scenario,
 * by a shortest way, and walks that a seed leads. After each step both databases, what is on its way between them, the relays and
 * the clients' answers are compared with the model. What it prints is the table of docs/adr/0024.
 */

let real: Conformance;
const covered = new Map<string, number>();
const count = { traces: 0, steps: 0, ms: 0 };
beforeAll(async () => {
  Logger.overrideLogger(false);
  real = await Conformance.open();
});
afterAll(async () => {
  await real.close();
  const lines = [...covered].sort().map(([name, times]) => `  ${name} (${times})`);
  process.stdout.write(
    `\n${count.traces} traces, ${count.steps} steps, ${Math.round(count.steps / (count.ms / 1000))} steps/s; ${lines.length} transitions:\n${lines.join('\n')}\n`,
  );
});

const scenarios = drivable(clean);
const walked = [...walks(scenarios, { count: 4 * scenarios.length, steps: 30, seed: 24 })];

async function drive({ scenario, covers, steps }: Trace): Promise<string | null> {
  const begun = performance.now();
  const driven = await real.drive(clean.find(({ name }) => name === scenario)!.scenario, steps);
  count.ms += performance.now() - begun;
  count.traces++;
  count.steps += driven.steps;
  for (const { kind, outcome } of steps)
    covered.set(`${kind}: ${outcome}`, (covered.get(`${kind}: ${outcome}`) ?? 0) + 1);
  if (!driven.differs) return null;
  const story = steps.slice(0, driven.steps + 1).map(({ say, outcome }) => `${say} → ${outcome}`);
  return [`to "${covers}"`, ...story, driven.differs].join('\n');
}

it.each(scenarios)(
  '$name, $what: the real databases stand as the model says',
  async (named) => {
    const differences: string[] = [];
    for (const trace of [
      ...traces([named], 1),
      ...walked.filter(({ scenario }) => scenario === named.name),
    ]) {
      const differs = await drive(trace);
      if (differs) differences.push(differs);
    }
    expect(differences.slice(0, 3).join('\n\n')).toBe('');
  },
  600_000,
);

it('at least 2,000 traces were driven', () => {
  expect(count.traces).toBeGreaterThanOrEqual(2_000);
});
