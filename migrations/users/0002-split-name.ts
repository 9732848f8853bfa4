import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * In the module's own database a name is two columns, split at its first space. `last_name` is null where there is no
 * space: then, and only then, the two make the same name again, whatever it was.
 */
export class SplitName1764000000102 implements MigrationInterface {
  name = 'SplitName1764000000102';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table users.account add first_name text, add last_name text;
      update users.account set
        first_name = split_part(name, ' ', 1),
        last_name = substr(name, nullif(strpos(name, ' '), 0) + 1);
      alter table users.account
        alter first_name set not null,
        -- Otherwise the name would be split at another place when it comes back.
        add constraint first_name_has_no_space check (strpos(first_name, ' ') = 0),
        drop name;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table users.account add name text;
      update users.account set name = first_name || coalesce(' ' || last_name, '');
      alter table users.account alter name set not null, drop first_name, drop last_name;
    `);
  }
}
