import { getDataSourceToken } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { dataSourceIn } from './process-database.js';

const opened = {
  token: DataSource,
  imports: [expect.objectContaining({ module: expect.anything() as object })],
};

it.each([
  ['nothing: the data source of the application', undefined, { token: DataSource, imports: [] }],
  [
    'the token of one that has a name',
    getDataSourceToken('legacy'),
    { token: 'legacyDataSource', imports: [] },
  ],
  ['a URL', 'postgres://shop@localhost/shop', opened],
  ['options', { type: 'postgres', host: 'localhost', database: 'shop' } as const, opened],
  ['how Nest makes options', { useFactory: () => ({ type: 'postgres' as const }) }, opened],
])('the database may be %s', (_what, database, expected) => {
  expect(dataSourceIn(database)).toEqual(expected);
});
