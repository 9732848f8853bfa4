import { standing } from '../../../../../test/support/standing.js';
import { paint } from './line.js';
import { noticeLines, settingLines } from './settings.js';

it('tells each setting, its value and who says so', () => {
  const settings = [
    { key: 'ramp', value: [1, 50], from: 'strangler.yaml line 3 (defaults)' },
    { key: 'gates.lagMs', value: 1_000, from: 'built-in' },
    { key: 'cohorts', value: [], from: 'built-in' },
  ];
  expect(settingLines(standing('shelf', { settings })).map((one) => paint(one, false))).toEqual([
    '',
    '  SETTING      VALUE  FROM',
    '  ramp         1, 50  strangler.yaml line 3 (defaults)',
    '  gates.lagMs  1000   built-in',
    '  cohorts      none   built-in',
  ]);
});

it('tells what concerns all modules once', () => {
  const notices = ['strangler.yaml line 9 refused: no'];
  const lines = noticeLines([standing('shelf', { notices }), standing('till', { notices })]);
  expect(lines.map((one) => paint(one, false))).toEqual(['! strangler.yaml line 9 refused: no']);
});
