-- What a process that spans modules asks at its end, with a plan that is kept (docs/adr/0034-what-a-captured-write-costs.md).

drop function strangler.captured_rows(text[]);
-- For each of these modules, in their order, what this transaction has written down for it, as store_results answers; null: nothing.
-- In plpgsql, for that keeps its plans; by the index, for a plan that is kept may be from when the outbox was empty.
create function strangler.captured_rows(p_modules text[]) returns text[] language plpgsql stable
  set enable_seqscan = off as $$
declare
  written text[] := string_to_array(nullif(current_setting('strangler.outbox', true), ''), ',');
  start text := strangler.start_text(strangler.server_start());
  found text[] := '{}';
  name text;
begin
  foreach name in array p_modules loop
    found := array_append(found, nullif(array_to_string(array(
      select w from unnest(written) w
      where (select o.module from strangler.outbox o where o.id = split_part(w, '-', 1)::bigint) = name), ','), '') || ' ' || start);
  end loop;
  return found;
end $$;
