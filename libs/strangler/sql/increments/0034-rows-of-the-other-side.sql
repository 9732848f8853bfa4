-- A row of a key that the other side owns is a copy only where capture kept everybody else from writing it (docs/adr/0037-capture-is-checked.md).
--
-- SQLSTATE SR437: what is too many here may be all that is left of a write.

-- What this side awaits of the other one: that it begins, or ends, to send all its rows of the table. Null: nothing.
alter table strangler.captured_table add awaits text check (awaits in ('begin', 'end'));

-- Nothing was written without capture since that was written down.
create function strangler.stands_captured(p_module text, p_table text, p_oid regclass) returns boolean language sql stable as $$
  select strangler.is_captured(p_oid) and exists (
    select from strangler.captured_table where module = p_module and table_name = p_table
      and place = strangler.place() and triggers = strangler.triggers_of(p_oid))
$$;

-- Whether rows of keys that the other side owns are copies. 'not captured': anybody writes them; 'unknown': somebody may have.
create function strangler.copies_here(p_module text, p_table text, p_oid regclass) returns text language sql stable as $$
  select case
      when not o.capture then 'known'
      when r.awaits is not null then 'unknown'
      when r.place is distinct from strangler.place()
        then case when strangler.is_captured(p_oid) then 'known' else 'not captured' end
      when strangler.stands_captured(p_module, p_table, p_oid) then 'known'
      else 'unknown'
    end
  from strangler.ownership o left join strangler.captured_table r on r.module = o.module and r.table_name = p_table
  where o.module = p_module
$$;

-- Stops a batch that would delete rows of which that is not known.
create function strangler.require_copies(p_module text, p_table text, p_copies text, p_too_many boolean) returns void
  language plpgsql as $$
declare
  here text;
  other text;
begin
  select side, case side when 'monolith' then 'extracted' else 'monolith' end into here, other
  from strangler.ownership where module = p_module;
  if p_copies = 'not captured' then
    raise 'strangler_not_captured: the table % on % is not captured yet', p_table, here using errcode = 'SR437';
  elsif p_too_many then
    raise 'the table % on % has rows of keys that % owns and has not (verify names them): insert them at %, or let it win (verify --repair)',
      p_table, here, other, other using errcode = 'SR437';
  end if;
end $$;
