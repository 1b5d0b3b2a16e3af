-- What comes of a declaration on an older form after it was put on record (điểm 1 mục II Quyết định 390/QĐ-TTg): its paper lies
-- elsewhere now, or it was put on record by mistake and is taken back. The record itself never changes and stays to be seen; a scan
-- taken back waits again, and may stand on record anew, once for each that was taken back.
create table older_act (
    partition_id uuid not null references partition (id),
    older_id uuid not null,
    -- Of one record, in the order in which they were made.
    number smallint not null check (number > 0),
    unit_id uuid not null,
    person_id uuid not null,
    act text not null check (act in ('PLACED', 'WITHDRAWN')),
    -- Where the paper lies from now on.
    place_sealed bytea,
    reason_sealed bytea not null,
    record_hash bytea not null check (octet_length(record_hash) = 32),
    created_at timestamptz not null,
    created_by uuid not null,
    -- The record taken back by this act: what a later one may follow.
    withdrawn_id uuid generated always as (case when act = 'WITHDRAWN' then older_id end) stored,
    check ((act = 'PLACED') = (place_sealed is not null)),
    primary key (partition_id, older_id, number),
    constraint older_withdrawn_once unique (partition_id, withdrawn_id),
    foreign key (partition_id, older_id) references older_declaration (partition_id, id)
);
select access_matrix('older_act', agency => 'append', unit => 'none', person => 'read', nation => 'none', system => 'none');

-- The record taken back in whose place this one stands.
alter table older_declaration add column follows_id uuid;
alter table older_declaration drop constraint older_declaration_partition_id_intake_id_key;
alter table older_declaration add foreign key (partition_id, follows_id) references older_act (partition_id, withdrawn_id);
create unique index older_first on older_declaration (partition_id, intake_id) where follows_id is null;
create unique index older_followed_once on older_declaration (partition_id, follows_id) where follows_id is not null;
