-- Since when a gate is in its state.

-- By name: the state of each gate that the next step waits for, and since when (ms since 1970).
alter table strangler.note add gates jsonb not null default '{}';
