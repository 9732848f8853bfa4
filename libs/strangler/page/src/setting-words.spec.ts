import { settingsInForce } from '../../src/control/config/setting-keys.js';
import { defaultSettings } from '../../src/control/config/settings.js';
import { settingInWords, settingMeanings } from './setting-words.js';

it('says of every setting what it means, and of none that there is not', () => {
  const keys = settingsInForce(defaultSettings, {}).map(({ key }) => key);
  expect(Object.keys(settingMeanings).sort()).toEqual(keys.sort());
});

it('shows a setting that it does not know, of a newer release', () => {
  expect(settingInWords({ key: 'newer', value: [1] })).toBe('newer is [1]');
  expect(settingInWords({ key: 'bake', value: '30s' })).toMatch(/^bake is "30s": how long/);
});
