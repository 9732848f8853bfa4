import type { ModuleStatus } from '../../src/control/terms/views.js';
import { targetsOf } from './palette-targets.js';

const modules = [{ module: 'parcels', settings: [] as object[] }] as ModuleStatus[];

/** What somebody finds who is there with or without leave to act. */
const found = (mayAct: boolean): string[] => {
  const nothing = () => undefined;
  const targets = targetsOf(modules, {
    ...{ choose: nothing, begin: () => nothing, setTab: nothing, tabs: ['Timeline'], mayAct },
  });
  return targets.map(({ text }) => text);
};

it('finds modules, their verbs and their tabs', () =>
  expect(found(true)).toEqual(
    expect.arrayContaining(['parcels', 'parcels: Roll back', 'parcels: Failover', 'parcels: Timeline']),
  ));

it('finds no verbs for a viewer, whom none would obey', () =>
  expect(found(false)).toEqual(['parcels', 'parcels: Timeline']));
