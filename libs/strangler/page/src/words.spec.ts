import type { ModuleStatus } from '../../src/control/terms/views.js';
import { percent } from './format.js';
import { goalInWords, leftInWords, rollbackInWords, sharesInWords } from './words.js';

const status = (of: Partial<ModuleStatus>): ModuleStatus =>
  ({
    phase: 'shifting',
    percent: 1,
    wanted: { phase: 'extracted', percent: null, by: 'operator' },
    transition: null,
    rollbackSafe: true,
    etaSeconds: null,
    etaUnknown: null,
    ...of,
  }) as ModuleStatus;

it('never shows a share that is not 0 as 0', () => {
  expect(percent(0)).toBe('0 %');
  expect(percent(0.001)).toMatch(/^< /);
  expect(percent(1)).toBe('1 %');
});

it('says where it goes while it is not there', () => {
  expect(goalInWords(status({}))).toBe('extracted');
  expect(goalInWords(status({ wanted: { phase: 'shifting', percent: 25, by: 'file' } }))).toBe(
    'shifting at 25 %',
  );
  expect(goalInWords(status({ phase: 'extracted', percent: 100 }))).toBe('');
});

it('says the share that is set where it is another one', () => {
  expect(sharesInWords(status({ wanted: { phase: 'shifting', percent: 5, by: 'file' } }))).toContain(
    'set 5 %',
  );
  expect(sharesInWords(status({}))).not.toContain('set');
});

it('says what going back costs', () => {
  expect(rollbackInWords(status({}))).toContain('loses nothing');
  expect(rollbackInWords(status({ rollbackSafe: false }))).toContain('not safe');
  expect(rollbackInWords(status({ phase: 'monolith' }))).toBe('it is at home');
});

it('says why it does not know how long it takes', () => {
  expect(leftInWords(status({ etaUnknown: 'nobody answers' }))).toBe('nobody answers');
  expect(leftInWords(status({ etaSeconds: 90 }))).toBe('about 1 min 30 s left');
  expect(leftInWords(status({ etaSeconds: 0 }))).toBe('it is where it is to be');
});
