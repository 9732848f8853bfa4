import { steeredBy } from './file-steering.js';
import type { ModuleRow } from '../store/module-row.js';
import { defaultSettings } from '../config/settings.js';

const settings = { ...defaultSettings, approve: [100], bakeMs: 60_000 };
const row = {
  module: 'toy',
  phase: 'shadow',
  wanted: { phase: 'extracted', percent: null, by: 'file', actor: 'strangler.yaml:3', since: 1 },
  filed: { phase: 'extracted', percent: null, path: 'strangler.yaml', line: 3 },
  settings,
  sources: { approve: 'strangler.yaml line 3', bake: 'strangler.yaml line 1 (defaults)' },
  paused: null,
} as unknown as ModuleRow;
const from = { path: 'strangler.yaml', now: 2 };

it('a module that is taken out goes on with the limits and approvals that it had, and says whose they were', () => {
  const change = steeredBy(undefined, row, from)!;
  expect({ ...row, ...change }).toMatchObject({
    settings,
    filed: null,
    wanted: { phase: 'extracted', by: 'operator' },
    sources: {
      approve: 'strangler.yaml line 3, taken out since',
      bake: 'strangler.yaml line 1 (defaults), taken out since',
    },
  });
  expect(steeredBy(undefined, { ...row, ...change }, from)).toBeUndefined();
});

it('a module that is put back is steered by the file again', () => {
  const { filed: _filed, ...released } = { ...row, ...steeredBy(undefined, row, from)! };
  const sources = { approve: 'line 5' };
  const wish = { ...settings, phase: 'monolith', percent: null, line: 5, sources } as const;
  expect(steeredBy(wish, { ...released, filed: null }, from)).toMatchObject({
    wanted: { phase: 'monolith', by: 'file', actor: 'strangler.yaml:5' },
    sources: { approve: 'strangler.yaml line 5' },
  });
});
