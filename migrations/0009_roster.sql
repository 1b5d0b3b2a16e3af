-- The list of obliged persons as the employing unit keeps it (article 37.1).

-- Why the person is obliged (law/grounds.toml), since when they hold the post, whether the first declaration was made
-- before the system had them, and how they left. Rows from before have no ground until the unit states one.
alter table person add column ground text check (ground ~ '^[A-Z][A-Z0-9_]{1,30}$');
alter table person add column in_post_since date;
alter table person add column has_declared_first boolean not null default false;
alter table person add column left_on date;
alter table person add column left_reason text check (left_reason in ('RETIRED', 'MOVED', 'LEFT_SERVICE', 'DECEASED', 'NO_LONGER_OBLIGED'));
alter table person add constraint person_left check ((left_on is null) = (left_reason is null));

-- What the list said before it was changed: one sealed line, never updated.
create table person_before (
    partition_id uuid not null,
    id uuid not null,
    unit_id uuid not null,
    person_id uuid not null,
    line_sealed bytea not null,
    changed_at timestamptz not null,
    changed_by uuid not null,
    primary key (partition_id, id),
    foreign key (partition_id, person_id) references person (partition_id, id)
);
create index person_before_person on person_before (partition_id, person_id, changed_at);
select access_matrix('person_before', agency => 'read', unit => 'append', person => 'none', nation => 'none', system => 'none');

-- An obligation that ended unfulfilled because its person left the list: owed no more, and still there to be read. A
-- declaration that comes all the same fulfils it.
alter table obligation add column ended_on date;

-- A number stands once among those on a partition's lists: who left one unit can be listed by another.
alter table person drop constraint person_partition_id_id_no_index_key;
create unique index person_number_once on person (partition_id, id_no_index) where left_on is null;
create index person_number on person (partition_id, id_no_index);
