import { defaultSettings } from './settings.js';
import { settingsOf } from './written-settings.js';

it('what is left out, or null, stays as it was', () => {
  const base = settingsOf({ bake: '2m', gates: { lagMs: 50 } }, defaultSettings);
  expect(base).toEqual({
    ...defaultSettings,
    bakeMs: 120_000,
    gates: { ...defaultSettings.gates, lagMs: 50 },
  });
  const nothing = JSON.parse('{"bake":null,"ramp":null,"gates":null}') as object;
  expect(settingsOf(nothing, base)).toEqual(base);
  expect(settingsOf({ ramp: [50, 5], gates: { minSamples: 0 } }, base)).toEqual({
    ...base,
    ramp: [50, 5],
    gates: { ...base.gates, minSamples: 0 },
  });
});
