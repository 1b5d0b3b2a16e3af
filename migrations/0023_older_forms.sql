-- Declarations on forms of before Nghị định 130/2020/NĐ-CP (requirement B8): basic fields, the scan, and where the paper lies.
-- A paper that was put on record as one is not read as a declaration of today's form.
alter table intake drop constraint intake_state_check;
alter table intake add constraint intake_state_check
    check (state in ('RECEIVED', 'READING', 'READ', 'ACCEPTED', 'REFUSED', 'SET_ASIDE', 'OLDER'));

-- Somebody known from such a paper alone is kept in the records and stands on no list of today.
alter table person drop constraint person_left_reason_check;
alter table person add constraint person_left_reason_check
    check (left_reason in ('RETIRED', 'MOVED', 'LEFT_SERVICE', 'DECEASED', 'NO_LONGER_OBLIGED', 'OTHER_AGENCY', 'OLDER_PAPER'));

create table older_declaration (
    partition_id uuid not null references partition (id),
    id uuid not null,
    unit_id uuid not null references organisation (id),
    person_id uuid not null,
    intake_id uuid not null,
    -- The scan.
    file_id uuid not null,
    -- Code of law/older-forms.toml.
    form text not null check (form ~ '^[A-Z][A-Z0-9_]{1,19}$'),
    -- The year it was made for.
    year smallint not null check (year between 1990 and 2100),
    completed_on date,
    -- Name, birth, number, position and body as the paper has them; where the paper lies.
    facts_sealed bytea not null,
    place_sealed bytea not null,
    record_hash bytea not null check (octet_length(record_hash) = 32),
    created_at timestamptz not null,
    created_by uuid not null,
    primary key (partition_id, id),
    -- A scan is put on record once.
    unique (partition_id, intake_id),
    foreign key (partition_id, intake_id) references intake (partition_id, id),
    foreign key (partition_id, file_id) references file (partition_id, id),
    foreign key (partition_id, person_id) references person (partition_id, id)
);
create index older_declaration_person on older_declaration (partition_id, person_id, year);
select access_matrix('older_declaration', agency => 'append', unit => 'none', person => 'read', nation => 'none', system => 'none');
