-- Paper: a stored original, its reading, and the officer's check.
create table intake (
    partition_id uuid not null references partition (id),
    id uuid not null,
    unit_id uuid,
    person_id uuid,
    file_id uuid not null,
    -- RECEIVED stored and waiting; READING; READ waits for an officer; ACCEPTED; REFUSED not readable as a declaration;
    -- SET_ASIDE put away by an officer (a duplicate, not a declaration).
    state text not null check (state in ('RECEIVED', 'READING', 'READ', 'ACCEPTED', 'REFUSED', 'SET_ASIDE')),
    page_count smallint,
    pages_done smallint not null default 0,
    refusal text,
    doubtful_count integer,
    reading_sealed bytea,
    checked_sealed bytea,
    -- Counts saves of the checked text, so that two officers' edits are noticed.
    revision integer not null default 0,
    duplicate_of uuid,
    declaration_id uuid,
    created_at timestamptz not null,
    created_by uuid not null,
    updated_at timestamptz not null,
    updated_by text not null,
    primary key (partition_id, id),
    foreign key (partition_id, file_id) references file (partition_id, id),
    foreign key (partition_id, duplicate_of) references intake (partition_id, id),
    foreign key (partition_id, declaration_id) references declaration (partition_id, id),
    check ((state = 'ACCEPTED') = (declaration_id is not null))
);
create index intake_state on intake (partition_id, state, created_at);
create index intake_file on intake (partition_id, file_id);
create index intake_declaration on intake (partition_id, declaration_id);
select access_matrix('intake', agency => 'write', unit => 'none', person => 'none', nation => 'none', system => 'none');

create table intake_page (
    partition_id uuid not null,
    intake_id uuid not null,
    page smallint not null check (page > 0),
    unit_id uuid,
    person_id uuid,
    image_file_id uuid not null,
    width integer not null check (width > 0),
    height integer not null check (height > 0),
    primary key (partition_id, intake_id, page),
    foreign key (partition_id, intake_id) references intake (partition_id, id),
    foreign key (partition_id, image_file_id) references file (partition_id, id)
);
select access_matrix('intake_page', agency => 'append', unit => 'none', person => 'none', nation => 'none', system => 'none');
