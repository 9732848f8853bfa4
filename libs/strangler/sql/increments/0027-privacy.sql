-- What releases before kept of people goes (docs/adr/0042-privacy.md).

-- Answers of both sides as they were.
delete from strangler.mismatch;
-- Values of rows that differ; a comparison that was under way begins anew.
update strangler.verification set cursor = null where cursor is not null;
-- What PostgreSQL said of rows that could not be carried over, with their values.
update strangler.outbox set parked = regexp_replace(parked, '; (Failing row contains|Key) \(.*$', '') where parked ~ '; (Failing row contains|Key) \(.*$';
update strangler.given_up set why = regexp_replace(why, '; (Failing row contains|Key) \(.*$', '') where why ~ '; (Failing row contains|Key) \(.*$';
update strangler.relay set reason = regexp_replace(reason, '; (Failing row contains|Key) \(.*$', '') where reason ~ '; (Failing row contains|Key) \(.*$';
