import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the controller knows and has done: a row a module, its history, and how far verify has come. */
export class Control1764000000004 implements MigrationInterface {
  name = 'Control1764000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Held by the one controller that moves a module (a session lock).
      create function strangler.controller_lock() returns integer language sql immutable parallel safe return 1937011300;

      create table strangler.module (
        module         text        primary key,
        phase          text        not null default 'monolith' check (phase in
          ('monolith', 'dual-write', 'shadow', 'shifting', 'extracted', 'decommissioned')),
        -- The share reached while shifting: of the buckets, or (owned as a whole) of the reads.
        percent        integer     not null default 0 check (percent between 0 and 100),
        -- Where it is to go, who says so, and since when.
        wanted_phase   text        not null default 'monolith' check (wanted_phase in
          ('monolith', 'dual-write', 'shadow', 'shifting', 'extracted', 'decommissioned')),
        wanted_percent integer     check (wanted_percent between 0 and 100),
        wanted_by      text        not null default 'operator' check (wanted_by in ('file', 'operator')),
        wanted_actor   text        not null default 'nobody',
        wanted_since   timestamptz not null,
        -- 'all': nothing begins. 'up': nothing that leads further out begins; the way back is open.
        paused         text        check (paused in ('all', 'up')),
        pause_reason   text,
        settings       jsonb       not null,
        -- The step under way, written before it acts; null: none.
        transition     jsonb,
        -- Gates that an operator has overridden for the next step, and who.
        override       jsonb,
        -- Set by a failover until the side that was given up has been seen again and fenced: its last known state.
        lost           jsonb,
        phase_since    timestamptz not null,
        step_since     timestamptz not null,
        -- Grows with every change: who decides by an older row is refused.
        version        bigint      not null default 1
      );
      create trigger count_version before update on strangler.module
        for each row execute function strangler.count_version();

      create table strangler.history (
        id         bigint      generated always as identity primary key,
        at         timestamptz not null default clock_timestamp(),
        module     text        not null,
        actor      text        not null,
        action     text        not null,
        from_phase text        not null,
        to_phase   text        not null,
        outcome    text        not null check (outcome in ('begun', 'done', 'refused', 'aborted', 'failed', 'noted')),
        reason     text,
        figures    jsonb       not null default '{}'
      );
      create index history_of_module on strangler.history (module, id);

      create table strangler.verification (
        module       text        primary key,
        -- Asked for and not finished: by whom, and whether differences are to be repaired. Null: nothing to do.
        requested_at timestamptz,
        actor        text,
        repair       boolean     not null default false,
        -- Where it goes on after a crash, as verify itself writes it; how many rows are done, of how many.
        cursor       jsonb,
        done         bigint      not null default 0,
        total        bigint      not null default 0,
        -- The last result. \`began_at\`: data from before it are covered.
        began_at     timestamptz,
        checked_at   timestamptz,
        rows         bigint      not null default 0,
        differences  bigint      not null default 0
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table strangler.verification, strangler.history, strangler.module;
      drop function strangler.controller_lock;
    `);
  }
}
