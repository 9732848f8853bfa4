import type { Dto } from '../../contract/dto.js';
import { nestedOf } from '../../contract/fields.js';
import { readFileSync } from 'node:fs';
import { gateRules } from '../conditions/gates.js';
import { WrittenRoute } from './route-wishes.js';
import { settingsInForce } from './setting-keys.js';
import { defaultSettings } from './settings.js';
import { keysOf } from './unknown-key.js';
import { topKeys, WrittenWish } from './wishes.js';
import { WrittenSettings } from './written-settings.js';

/* docs/strangler-yaml.md against the code: who adds a key, a default or a gate adds its line there. */
const page = readFileSync('docs/strangler-yaml.md', 'utf8');

/** The rows of the table that begins with these titles: the cells of each, without the code marks. */
function tableOf(...titles: string[]): string[][] {
  const lines = page.split('\n');
  const from = lines.findIndex((line) => titles.every((title, i) => cells(line)[i] === title));
  const rows = lines.slice(from + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith('|')),
    )
    .map(cells);
}

const cells = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1'));
const first = (rows: string[][]): string[] => rows.map(([name = '']) => name).sort();
const keys = (dto: Dto<unknown> | undefined): string[] => keysOf(dto!).sort();

const ofModule = tableOf('key', 'default', 'meaning');
const limits = tableOf('key', 'default', 'limits');

it('every key of the file has its line, and no line is about a key that there is not', () => {
  expect(first(tableOf('key', 'holds'))).toEqual([...topKeys].sort());
  expect(first(ofModule)).toEqual(keys(WrittenWish));
  expect(first(limits)).toEqual(keys(nestedOf(WrittenSettings, 'gates')));
  expect(first(tableOf('key', 'meaning'))).toEqual(keys(nestedOf(WrittenSettings, 'cohorts')));
});

it('every key of a route has its line', () => {
  expect(first(tableOf('key of a route', 'default'))).toEqual(keys(WrittenRoute));
});

it('every default is the one in force where nobody says otherwise', () => {
  const said = [...ofModule, ...limits.map(([key = '', value = '']) => [`gates.${key}`, value])];
  const defaults = said.filter(([, value]) => value !== '').map(([key = '', value = '']) => [key, value]);
  const text = (value: unknown) =>
    typeof value === 'string' ? value : JSON.stringify(value).replaceAll(',', ', ');
  const inForce = settingsInForce(defaultSettings, {}).map(({ key, value }) => [key, text(value)]);
  expect(Object.fromEntries(defaults)).toEqual(Object.fromEntries(inForce));
});

it('every gate has its line, which says of it what the code says', () => {
  const said = gateRules.map(({ name, settings, measures, over, fails }) => [
    name,
    settings.map((key) => `\`${key}\``).join(', '),
    measures,
    over,
    fails,
  ]);
  const rows = tableOf('gate', 'settings').map(([name = '', settings = '', ...others]) => [
    name,
    settings === '' || settings.startsWith('`') ? settings : `\`${settings}\``,
    ...others,
  ]);
  expect(rows).toEqual(said);
});
