import { migrate } from '#platform';
import { startCapture } from '#strangler/engine/ownership/capture';
import { describeTables } from '#strangler/database/tables';
import { parcels, type DirectSide } from '../../support/sides.js';

const tables = [
  ...['database', 'ownership', 'relay', 'applied', 'received', 'given_up', 'outbox', 'backfill'].map(
    (name) => `strangler.${name}`,
  ),
  'parcels.parcel',
];

/** All that a dump of the database has of the module `parcels`. */
export async function backupOf({ test }: DirectSide): Promise<string> {
  const each = tables.map((name) => `'${name}', (select coalesce(json_agg(t), '[]') from ${name} t)`);
  const [row] = await test.query<{ backup: string }>(
    `select json_build_object(${each.join(', ')},
       'sequence', (select json_build_object('last', last_value, 'called', is_called) from strangler.outbox_id_seq))::text as backup`,
  );
  return row!.backup;
}

const captured = ['insert', 'update', 'delete', 'truncate', 'key'];
const capture = (how: 'disable' | 'enable always') =>
  captured.map((event) => `alter table parcels.parcel ${how} trigger strangler_${event};`).join(' ');

/** Only the rows, in one transaction: as `pg_restore --data-only`, or a person with SQL. */
export async function putBackRows({ test }: DirectSide, backup: string): Promise<void> {
  const of = `$backup$${backup}$backup$::json`;
  const each = tables.map(
    (name) => `delete from ${name};
      insert into ${name} ${name.endsWith('outbox') ? 'overriding system value' : ''}
        select * from json_populate_recordset(null::${name}, ${of}->'${name}');`,
  );
  await test.query(`do $do$ begin ${capture('disable')} ${each.join(' ')} ${capture('enable always')}
    perform setval('strangler.outbox_id_seq', (${of}#>>'{sequence,last}')::bigint, (${of}#>>'{sequence,called}')::boolean); end $do$`);
}

/** As `pg_restore --clean`: everything is dropped, made anew and filled, while processes run on. */
export async function putBackTables(side: DirectSide, backup: string): Promise<void> {
  await side.test.query('drop schema strangler cascade');
  await migrate(side.test.url, ['users']);
  await startCapture(side.database, await describeTables(side.database, parcels));
  await putBackRows(side, backup);
}
