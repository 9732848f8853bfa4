import { Logger } from '@nestjs/common';
import { clean } from '../scenarios.js';
import { covering, drivable, type Trace } from '../traces.js';
import { Conformance } from './conform.js';

/* A few traces of the model, driven with two real databases. All of them: conform.full.spec.ts. */

let real: Conformance;
beforeAll(async () => {
  Logger.overrideLogger(false);
  real = await Conformance.open();
});
afterAll(() => real.close());

const scenarios = drivable(clean.filter(({ quick }) => quick));
const scenarioOf = ({ scenario }: Trace) => clean.find(({ name }) => name === scenario)!.scenario;
const driven = [...covering(scenarios)];

it.each(driven)(
  '$scenario, to "$covers": the real databases stand as the model says after each step',
  async (trace) => {
    expect(await real.drive(scenarioOf(trace), trace.steps)).toEqual({
      steps: trace.steps.length,
      differs: null,
    });
  },
);

it('a difference is found', async () => {
  const [trace] = driven.filter(({ steps }) => steps.some(({ kind }) => kind === 'confirm'));
  const steps = trace!.steps.map((step) => ({ ...step, state: structuredClone(step.state) }));
  steps.at(-1)!.state.databases[0].confirmed++;
  const { differs } = await real.drive(scenarioOf(trace!), steps);
  expect(differs).toMatch(/M.confirmed: \d+ in the model, \d+ here/);
});
