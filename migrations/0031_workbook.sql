-- Declarations typed into a workbook where there is no line (điểm 2 mục II Quyết định 390/QĐ-TTg): the original as it came, how far
-- it is, and what came of every row. The papers made of it are rows of intake, checked and accepted like those of scans.
alter table file drop constraint file_kind_check;
alter table file add constraint file_kind_check
    check (kind in ('SCAN', 'PAGE_IMAGE', 'DECLARATION_PDF', 'SLIP_PDF', 'OTHER', 'WORKBOOK'));

create table workbook (
    partition_id uuid not null references partition (id),
    id uuid not null,
    unit_id uuid,
    person_id uuid,
    file_id uuid not null,
    -- RECEIVED stored and waiting; IMPORTING; DONE every row was looked at; REFUSED not taken, or not to its end.
    state text not null check (state in ('RECEIVED', 'IMPORTING', 'DONE', 'REFUSED')),
    -- Why it was refused: a word and names of our own sheets, nothing of what was typed.
    refusal text,
    form text,
    -- Rows of people and rows of all sheets, once it was read.
    people integer check (people >= 0),
    row_count integer check (row_count >= 0),
    people_done integer not null default 0 check (people_done <= people),
    -- The last row of people that was put down: a run that was cut off goes on after it.
    last_row integer not null default 0,
    papers integer not null default 0,
    same integer not null default 0,
    left_out integer not null default 0,
    faults integer not null default 0,
    started_at timestamptz,
    created_at timestamptz not null,
    created_by uuid not null,
    updated_at timestamptz not null,
    updated_by text not null,
    primary key (partition_id, id),
    unique (partition_id, file_id),
    foreign key (partition_id, file_id) references file (partition_id, id),
    check ((state = 'REFUSED') = (refusal is not null)),
    check (state <> 'DONE' or people_done = people)
);
select access_matrix('workbook', agency => 'write', unit => 'none', person => 'none', nation => 'none', system => 'none');

create table workbook_row (
    partition_id uuid not null,
    workbook_id uuid not null,
    -- By its place in the workbook, from 0: people, then the other sheets.
    sheet smallint not null check (sheet >= 0),
    row_number integer not null check (row_number > 0),
    unit_id uuid,
    person_id uuid,
    -- The paper made of it; of a row whose words were taken before, the paper made then.
    intake_id uuid,
    is_same boolean not null default false,
    -- HMAC of what the row said, only on the row its paper was made of: the same words are not taken a second time.
    tag bytea check (octet_length(tag) = 32),
    faults integer not null check (faults >= 0),
    faults_sealed bytea,
    primary key (partition_id, workbook_id, sheet, row_number),
    foreign key (partition_id, workbook_id) references workbook (partition_id, id),
    foreign key (partition_id, intake_id) references intake (partition_id, id),
    constraint workbook_row_taken_once unique (partition_id, tag),
    check ((faults > 0) = (faults_sealed is not null)),
    check ((tag is not null) = (intake_id is not null and not is_same))
);
create index workbook_row_intake on workbook_row (partition_id, intake_id);
create index workbook_row_faults on workbook_row (partition_id, workbook_id, sheet, row_number) where faults > 0;
select access_matrix('workbook_row', agency => 'append', unit => 'none', person => 'none', nation => 'none', system => 'none');
