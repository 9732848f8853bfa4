import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Routes that move between two upstreams: where each stands, and what happened to it (docs/edge-routes.md). */
export class EdgeRoutes1764000000603 implements MigrationInterface {
  name = 'EdgeRoutes1764000000603';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table gateway.edge_routes (
        path           text        primary key,
        -- Everybody at the old upstream, or by share and cohort.
        phase          text        not null default 'legacy' check (phase in ('legacy', 'shifting')),
        percent        integer     not null default 0 check (percent between 0 and 100),
        -- Where it is to go, and who says so.
        wanted_percent integer     not null default 0 check (wanted_percent between 0 and 100),
        wanted_by      text        not null default 'operator' check (wanted_by in ('file', 'operator')),
        wanted_actor   text        not null default '',
        -- Nothing begins, or nothing that leads further out.
        paused         text        check (paused in ('all', 'up')),
        pause_reason   text,
        -- What an operator gave to run.
        run            jsonb       not null default '{}',
        -- What strangler.yaml last said; null: operators steer it.
        filed          jsonb,
        step_since     timestamptz not null default clock_timestamp(),
        version        bigint      not null default 1,
        check (phase = 'shifting' or percent = 0)
      );
      create table gateway.edge_history (
        id           bigint      generated always as identity primary key,
        at           timestamptz not null default clock_timestamp(),
        path         text        not null,
        actor        text        not null,
        action       text        not null,
        from_percent integer     not null,
        to_percent   integer     not null,
        outcome      text        not null,
        reason       text,
        figures      jsonb       not null default '{}'
      );
      create index on gateway.edge_history (path, id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table gateway.edge_history, gateway.edge_routes');
  }
}
