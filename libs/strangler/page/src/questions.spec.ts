import { parametersOf } from './questions.js';

it('sends what was answered, as the admin API takes it', () => {
  expect(parametersOf({ percent: '25' })).toEqual({ percent: 25 });
  expect(parametersOf({ percent: '0' })).toEqual({ percent: 0 });
  expect(parametersOf({ ramp: '5, 25,100', bake: '5m', minSamples: '0' })).toEqual({
    settings: { ramp: [5, 25, 100], bake: '5m', gates: { minSamples: 0 } },
  });
  expect(parametersOf({ to: 'shadow' })).toEqual({ to: 'shadow' });
});

it('says nothing of what was not answered', () => {
  expect(parametersOf({})).toEqual({});
  expect(parametersOf({ ramp: '', bake: '', minSamples: '', to: '' })).toEqual({});
});

it('sends a time with its zone, and what is none as it was typed', () => {
  const typed = '2026-01-02T03:04';
  expect(parametersOf({ from: typed })).toEqual({ from: new Date(typed).toISOString() });
  expect(parametersOf({ from: '12345-01-02T03:04' })).toEqual({ from: '12345-01-02T03:04' });
});
