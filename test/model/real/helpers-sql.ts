import { keys } from './keys.js';

const tables = ['ownership', 'relay', 'applied', 'received', 'given_up', 'outbox', 'backfill'];

/**
 * What a test of the model puts into a database: the start of the server as a value of its own (the only function that is replaced),
 * how everything is kept and put back, and how the database stands.
 */
export const helpers = `
  create schema model;
  create table model.start (at timestamptz not null);
  insert into model.start values (pg_postmaster_start_time());
  create or replace function strangler.server_start() returns timestamptz language sql stable parallel safe
    return (select at from model.start);
  create function model.set_start(p_at timestamptz) returns void language sql as 'update model.start set at = p_at';

  -- Lets everything through: what follows is put back as it was.
  create function model.open() returns void language plpgsql as $$
  begin
    update strangler.ownership set standing = null, capture = false, asks = false, fence_from = null, fence_to = null,
      extracted_below = case side when 'extracted' then 0 else 10000 end;
    perform set_config('strangler.applying', 'cells', true);
    delete from cells.cell;
  end $$;

  create function model.clear() returns void language plpgsql as $$
  begin
    perform model.open();
    insert into cells.cell values ${keys.map((key) => `('${key}', 0)`).join(', ')};
    ${tables
      .filter((table) => table !== 'ownership')
      .map((table) => `delete from strangler.${table};`)
      .join(' ')}
    delete from cells.idempotency;
    update strangler.ownership set standing = null, hello_no = 0, proven_by = null, proven_start = null, may_shift = 0;
    perform setval('strangler.outbox_id_seq', 1000, false);
  end $$;

  create function model.fill() returns void language sql as $$
    insert into strangler.relay (module, term, life, confirmed_term, confirmed_seq) values ('cells', 1, 1, 1, 1);
    insert into strangler.applied (module, term, seq, life, complete) values ('cells', 1, 1, 1, true);
  $$;

  create function model.dump() returns json language sql as $$
    select json_build_object(
      ${tables
        .map((table) => `'${table}', (select coalesce(json_agg(t), '[]') from strangler.${table} t)`)
        .join(', ')},
      'cell', (select json_agg(t) from cells.cell t),
      'sequence', (select json_build_object('last', last_value, 'called', is_called) from strangler.outbox_id_seq))
  $$;

  create function model.load(p_dump json) returns void language plpgsql as $$
  begin
    perform model.open();
    insert into cells.cell select * from json_populate_recordset(null::cells.cell, p_dump->'cell');
    ${tables
      .map(
        (table) => `delete from strangler.${table};
    insert into strangler.${table} ${table === 'outbox' ? 'overriding system value ' : ''}select * from json_populate_recordset(null::strangler.${table}, p_dump->'${table}');`,
      )
      .join('\n    ')}
    perform setval('strangler.outbox_id_seq', (p_dump#>>'{sequence,last}')::bigint, (p_dump#>>'{sequence,called}')::boolean);
  end $$;

  -- Of which keys a command would be let in now.
  create function model.accepts(p_keys text[]) returns boolean[] language plpgsql as $$
  declare
    answer boolean[] := '{}';
    key text;
  begin
    foreach key in array p_keys loop
      begin
        perform strangler.assert_owner('cells', array[key]);
        answer := answer || true;
      exception when sqlstate 'SR409' or sqlstate 'SR423' or sqlstate 'SR425' then
        answer := answer || false;
      end;
    end loop;
    return answer;
  end $$;

  create function model.look(p_keys text[]) returns json language plpgsql as $$
  declare
    accepted boolean[] := model.accepts(p_keys);
  begin
    return (select json_build_object(
      'start', strangler.start_text(strangler.server_start()), 'accepts', accepted,
      'epoch', o.epoch, 'below', o.extracted_below, 'fenceFrom', o.fence_from, 'fenceTo', o.fence_to, 'standing', o.standing,
      'paired', o.capture, 'provenStart', strangler.start_text(o.proven_start), 'provenBy', o.proven_by,
      'peerStart', strangler.start_text(o.peer_start), 'rows', (select json_agg(seen order by code) from cells.cell),
      'outbox', (select coalesce(json_agg(json_build_object('id', c.id, 'key', c.key, 'parked', c.parked is not null)), '[]')
        from strangler.outbox_changes c),
      'report', (select coalesce(json_agg(json_build_object('id', id, 'key', key)), '[]') from strangler.given_up),
      'nextId', (select case when is_called then last_value / 1000 + 1 else last_value / 1000 end from strangler.outbox_id_seq),
      'term', r.term, 'life', r.life, 'confirmed', array[r.confirmed_term, r.confirmed_seq], 'degraded', r.degraded_since is not null,
      'backfill', (select json_build_object('after', after[1], 'done', done) from strangler.backfill),
      'applied', array[a.term, a.seq], 'appliedLife', a.life, 'complete', a.complete, 'pruned', array[a.pruned_term, a.pruned_seq],
      'received', (select coalesce(json_agg(json_build_object('term', term, 'seq', seq, 'ids', ids) order by term, seq), '[]')
        from strangler.received))
      from strangler.ownership o left join strangler.relay r using (module) left join strangler.applied a using (module));
  end $$;
`;
