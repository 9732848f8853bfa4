-- What a process that spans modules asks at its end keeps its plan for good: PostgreSQL takes one for each list of changes to be a
-- little cheaper, and makes it anew each time, which takes longer than to run it.

alter function strangler.captured_rows(text[]) set plan_cache_mode = force_generic_plan;
