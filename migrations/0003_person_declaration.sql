-- Declarants, obligations, drafts, declarations, receipts.

-- A person with an obligation to declare, as the unit and agency know them. What identifies is sealed;
-- exact search goes through blind indexes keyed per partition.
create table person (
    partition_id uuid not null references partition (id),
    id uuid not null,
    -- The same value as id: policies compare the row's own columns.
    person_id uuid not null check (person_id = id),
    unit_id uuid not null references organisation (id),
    rank text not null check (rank in ('DIRECTOR_UP', 'BELOW_DIRECTOR')),
    party_managed boolean not null,
    name_sealed bytea not null,
    dob_sealed bytea not null,
    position_sealed bytea not null,
    id_no_sealed bytea,
    id_no_index bytea,
    name_index bytea not null,
    -- Why this agency controls them.
    routing_rule_id uuid references routing_rule (id),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    updated_by text not null,
    primary key (partition_id, id),
    unique (partition_id, id_no_index)
);
create index person_unit on person (unit_id);
create index person_name on person (partition_id, name_index);
select access_matrix('person', agency => 'write', unit => 'write', person => 'read', nation => 'none', system => 'none');

-- Who must declare what by when (articles 34, 36). Ids and words only: the centre counts these rows.
create table obligation (
    partition_id uuid not null,
    id uuid not null,
    unit_id uuid not null references organisation (id),
    person_id uuid not null,
    kind text not null check (kind in ('FIRST', 'ANNUAL')),
    year smallint not null check (year between 2000 and 2200),
    rule_set text not null,
    due_on date not null,
    -- Progress: how the declaration reached the system, when it was sent, received, and stored as data.
    channel text check (channel in ('ONLINE', 'PAPER')),
    declared_at timestamptz,
    received_on date,
    digitised_at timestamptz,
    declaration_id uuid,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    updated_by text not null,
    primary key (partition_id, id),
    unique (partition_id, person_id, kind, year),
    foreign key (partition_id, person_id) references person (partition_id, id),
    check ((declared_at is null) = (channel is null)),
    check ((declared_at is null) = (declaration_id is null))
);
create index obligation_unit on obligation (unit_id);
select access_matrix('obligation', agency => 'write', unit => 'write', person => 'write', nation => 'read', system => 'none');

-- A draft is its author's alone, section by section; not a version, and its keystrokes are not logged.
create table draft (
    partition_id uuid not null,
    id uuid not null,
    unit_id uuid not null,
    person_id uuid not null,
    obligation_id uuid not null,
    state text not null check (state in ('OPEN', 'SENT')),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    updated_by text not null,
    primary key (partition_id, id),
    unique (partition_id, obligation_id),
    foreign key (partition_id, obligation_id) references obligation (partition_id, id)
);
select access_matrix('draft', agency => 'none', unit => 'none', person => 'write', nation => 'none', system => 'none');

create table draft_section (
    partition_id uuid not null,
    draft_id uuid not null,
    section text not null,
    person_id uuid not null,
    revision integer not null check (revision > 0),
    content_sealed bytea not null,
    updated_at timestamptz not null,
    primary key (partition_id, draft_id, section),
    foreign key (partition_id, draft_id) references draft (partition_id, id)
);
-- A draft has no unit reader: unit 'none' needs no unit_id column.
select access_matrix('draft_section', agency => 'none', unit => 'none', person => 'full', nation => 'none', system => 'none');

-- A declaration; what it says is in its versions.
create table declaration (
    partition_id uuid not null,
    id uuid not null,
    unit_id uuid not null references organisation (id),
    person_id uuid not null,
    obligation_id uuid,
    kind text not null check (kind in ('FIRST', 'ANNUAL', 'SUPPLEMENT', 'PERSONNEL', 'CANDIDATE')),
    year smallint not null,
    completed_on date not null,
    channel text not null check (channel in ('ONLINE', 'PAPER')),
    created_at timestamptz not null,
    primary key (partition_id, id),
    foreign key (partition_id, person_id) references person (partition_id, id)
);
create index declaration_person on declaration (partition_id, person_id, kind, completed_on);
create index declaration_unit on declaration (unit_id);
select access_matrix('declaration', agency => 'append', unit => 'read', person => 'append', nation => 'none', system => 'none');

-- One canonical document (RFC 8785), hashed, sealed, chained to the version before it. Never updated.
create table declaration_version (
    partition_id uuid not null,
    id uuid not null,
    declaration_id uuid not null,
    version integer not null check (version > 0),
    unit_id uuid not null,
    person_id uuid not null,
    act text not null check (act in ('SUBMIT', 'INTAKE', 'TRANSCRIPTION_AMENDMENT', 'CORRECTION')),
    document_hash bytea not null check (octet_length(document_hash) = 32),
    previous_hash bytea check (octet_length(previous_hash) = 32),
    sealed_hash bytea not null check (octet_length(sealed_hash) = 32),
    document_sealed bytea not null,
    rule_set text not null,
    rule_set_hash bytea not null,
    form_hash bytea not null,
    facts_hash bytea not null check (octet_length(facts_hash) = 32),
    source_file_id uuid,
    event_id uuid not null,
    created_at timestamptz not null,
    created_by uuid not null,
    primary key (partition_id, id),
    unique (partition_id, declaration_id, version),
    foreign key (partition_id, declaration_id) references declaration (partition_id, id),
    foreign key (partition_id, source_file_id) references file (partition_id, id),
    check ((version = 1) = (previous_hash is null))
);
select access_matrix('declaration_version', agency => 'append', unit => 'read', person => 'append', nation => 'none', system => 'none');

-- Facts for statistics, made from the document in the same transaction; rebuilt from it at will.
-- They carry no identity: the tag is HMAC(declaration version) under the partition's key.
create table asset_fact (
    partition_id uuid not null references partition (id),
    tag bytea not null check (octet_length(tag) = 32),
    position smallint not null,
    code text not null,
    year smallint not null,
    value_kind text,
    amount bigint check (amount between 0 and 9007199254740991),
    area_m2 numeric check (area_m2 >= 0),
    province_code text,
    primary key (partition_id, tag, position)
);
alter table asset_fact enable row level security;
alter table asset_fact force row level security;
create policy agency_read on asset_fact for select using (
    nullif(current_setting('app.context', true), '') = 'agency'
    and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid);
create policy nation_read on asset_fact for select using (
    nullif(current_setting('app.context', true), '') = 'nation'
    and nullif(current_setting('app.purpose_id', true), '') is not null);
-- Whoever may write the version writes its facts, in its own partition; a declarant cannot read them back.
create policy own_insert on asset_fact for insert with check (
    nullif(current_setting('app.context', true), '') in ('agency', 'person')
    and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid);
grant select, insert on asset_fact to minhbach_app;

-- What a lawful declaration leaves open (thiếu sót): rule and place, no text of the declarant.
create table shortcoming (
    partition_id uuid not null,
    id uuid not null,
    declaration_id uuid not null,
    version_id uuid not null,
    unit_id uuid not null,
    person_id uuid not null,
    rule text not null,
    severity text not null check (severity in ('B', 'W', 'I')),
    path text not null,
    reason_sealed bytea,
    primary key (partition_id, id),
    foreign key (partition_id, version_id) references declaration_version (partition_id, id)
);
create index shortcoming_declaration on shortcoming (partition_id, declaration_id);
select access_matrix('shortcoming', agency => 'append', unit => 'read', person => 'append', nation => 'none', system => 'none');

-- A demand to complete or declare again (article 38.2); proposed here, issued by the unit.
create table completion_demand (
    partition_id uuid not null,
    id uuid not null,
    declaration_id uuid not null,
    unit_id uuid not null,
    person_id uuid not null,
    state text not null check (state in ('PROPOSED')),
    rules text[] not null,
    created_at timestamptz not null,
    created_by uuid not null,
    primary key (partition_id, id),
    foreign key (partition_id, declaration_id) references declaration (partition_id, id)
);
select access_matrix('completion_demand', agency => 'append', unit => 'append', person => 'read', nation => 'none', system => 'none');

-- Receipt (tiếp nhận): a person of the employing unit checked, signed and dated (note 1, article 38).
create table receipt (
    partition_id uuid not null,
    id uuid not null,
    declaration_id uuid not null,
    unit_id uuid not null,
    person_id uuid not null,
    received_on date not null,
    hand_over_due_on date not null,
    receiver_name_sealed bytea not null,
    receiver_position_sealed bytea not null,
    created_at timestamptz not null,
    created_by uuid not null,
    primary key (partition_id, id),
    unique (partition_id, declaration_id),
    foreign key (partition_id, declaration_id) references declaration (partition_id, id)
);
select access_matrix('receipt', agency => 'append', unit => 'append', person => 'read', nation => 'none', system => 'none');
