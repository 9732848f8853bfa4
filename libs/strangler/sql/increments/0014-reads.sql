-- What it takes to read as honestly as to write (docs/adr/0028-reads-as-honest-as-writes.md).

-- When this copy, by the clock of its own database, last held all that its sender had; null: that is not known. A batch that
-- does not hold all, or was long on its way, leaves it alone.
alter table strangler.applied add column whole_at timestamptz;
-- From when on writes are answered without the other side: not before its copy counts as fresh no more.
alter table strangler.relay add column alone_at timestamptz;
-- Null: owners do not change. Else they may, and the number is another one each time that this is said. A process leaves the
-- check of a read out only if it has read a null here lately, so null is said by the controller alone, and taken back by it
-- long before owners change (control/standstill.ts).
alter table strangler.ownership add column may_shift bigint default 0;
