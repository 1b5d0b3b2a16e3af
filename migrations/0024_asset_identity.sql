-- One asset over years, kinds and paper (requirement B2: matching suggests, a person confirms). What a declarant says of the
-- assets declared before stands in the hashed document; what an officer of the control agency states stands here.
create table asset_statement (
    partition_id uuid not null references partition (id),
    id uuid not null,
    unit_id uuid not null references organisation (id),
    person_id uuid not null,
    -- The how-many-eth of this person.
    number integer not null check (number >= 1),
    -- Two assets as two versions declare them; versions of copies stand in other partitions.
    one_version_id uuid not null,
    one_asset smallint not null check (one_asset >= 0),
    other_version_id uuid not null,
    other_asset smallint not null check (other_asset >= 0),
    is_same boolean not null,
    reason_sealed bytea not null,
    record_hash bytea not null check (octet_length(record_hash) = 32),
    created_at timestamptz not null,
    created_by uuid not null,
    primary key (partition_id, id),
    unique (partition_id, person_id, number),
    check (one_version_id <> other_version_id),
    foreign key (partition_id, person_id) references person (partition_id, id)
);
select access_matrix('asset_statement', agency => 'append', unit => 'none', person => 'none', nation => 'none', system => 'none');
