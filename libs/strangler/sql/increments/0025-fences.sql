-- Since when buckets are fenced (docs/adr/0039-time-and-silence.md): whoever fences them, also a process of a release before.

alter table strangler.ownership add column fenced_at timestamptz;
update strangler.ownership set fenced_at = clock_timestamp() where fence_from is not null;

create function strangler.note_fence() returns trigger language plpgsql as $$
begin
  new.fenced_at := case when new.fence_from is not null then clock_timestamp() end;
  return new;
end $$;

create trigger note_fence before update on strangler.ownership for each row
  when (old.fence_from is distinct from new.fence_from or old.fence_to is distinct from new.fence_to)
  execute function strangler.note_fence();
create trigger note_first_fence before insert on strangler.ownership for each row
  when (new.fence_from is not null) execute function strangler.note_fence();
