-- Requests for information by the control agency (Luật Phòng, chống tham nhũng 2018 article 31.2, 31.3; Nghị định 130/2020/NĐ-CP
-- articles 6, 7, 8) and what came of them. Nothing of either is ever changed: a request and each step of it are rows of their
-- own, and how far a request is, is what its last step says.

-- What a request is about: that very person's declaration.
alter table declaration add constraint declaration_subject unique (partition_id, id, person_id);

create table inquiry (
    partition_id uuid not null references partition (id),
    id uuid not null,
    -- Who is asked: a unit or a declarant, and only that one has an id here. A unit that is asked about a person is not seen by
    -- that person, and a person who is asked is not seen by their unit, because policies compare these columns.
    asked text not null check (asked in ('UNIT', 'PERSON')),
    unit_id uuid references organisation (id),
    person_id uuid,
    asked_id uuid not null generated always as (coalesce(unit_id, person_id)) stored,
    -- Whose matter it is; of a request to a unit there may be nobody.
    subject_id uuid,
    declaration_id uuid,
    -- The request this one asks more about (article 6.3): to the same one, once.
    after_id uuid,
    -- Number and sign of the document: a code, nobody's words.
    document_no text not null check (document_no ~ '^[0-9]{1,6}[a-z]?(/[0-9]{4})?/[0-9A-ZĐƠƯ]{1,10}([-.&][0-9A-ZĐƠƯ]{1,10}){0,4}$'),
    year smallint not null,
    issued_on date not null check (year = extract(year from issued_on)),
    -- Complex information, or such as is not at hand, has the longer term (article 7.1b).
    complex boolean not null,
    rule_set text not null,
    -- The term the document gives.
    due_on date not null check (due_on > issued_on),
    -- Who signs (article 31.3).
    signatory text not null check (signatory in ('HEAD', 'DEPUTY_HEAD', 'TEAM_LEADER')),
    -- Purpose and ground, what is asked for, how to provide it, other requests; signer; whom it is addressed to, whom it is about.
    statement_sealed bytea not null,
    -- SHA-256 over the request; also in the event of the act.
    record_hash bytea not null check (octet_length(record_hash) = 32),
    created_at timestamptz not null,
    created_by uuid not null,
    primary key (partition_id, id),
    constraint inquiry_number unique (partition_id, year, document_no),
    constraint inquiry_followed_once unique (partition_id, after_id),
    unique (partition_id, id, asked, asked_id),
    foreign key (partition_id, person_id) references person (partition_id, id),
    foreign key (partition_id, subject_id) references person (partition_id, id),
    foreign key (partition_id, declaration_id, subject_id) references declaration (partition_id, id, person_id),
    foreign key (partition_id, after_id, asked, asked_id) references inquiry (partition_id, id, asked, asked_id),
    check ((unit_id is not null) = (asked = 'UNIT') and (person_id is not null) = (asked = 'PERSON')),
    check (asked = 'UNIT' or subject_id = person_id),
    check (declaration_id is null or subject_id is not null),
    check (after_id <> id)
);
create index inquiry_unit on inquiry (unit_id) where unit_id is not null;
create index inquiry_person on inquiry (partition_id, person_id) where person_id is not null;
select access_matrix('inquiry', agency => 'append', unit => 'read', person => 'read', nation => 'none', system => 'none');

-- The course of a request, one step after the other: each names the state it found, which is the state the one before left,
-- so that two cannot follow the same one.
create table inquiry_step (
    partition_id uuid not null,
    id uuid not null,
    inquiry_id uuid not null,
    asked text not null,
    unit_id uuid,
    person_id uuid,
    asked_id uuid not null generated always as (coalesce(unit_id, person_id)) stored,
    n integer not null check (n >= 0),
    before_n integer generated always as (case when n > 0 then n - 1 end) stored,
    kind text not null,
    from_state text,
    to_state text not null check (to_state in ('WAITING', 'ANSWERED', 'PLEADED', 'CLOSED', 'FOLLOWED', 'WITHDRAWN')),
    said_on date not null,
    -- The last day to answer from this step on, where it sets one.
    due_on date,
    -- What was answered, asked to be considered, decided; and who says it for a unit.
    said_sealed bytea,
    -- Files that came with it (inquiry_file).
    files smallint not null check (files between 0 and 20),
    -- SHA-256 over the step with its files; also in the event of the act.
    record_hash bytea not null check (octet_length(record_hash) = 32),
    created_at timestamptz not null,
    created_by uuid not null,
    primary key (partition_id, id),
    constraint inquiry_step_turn unique (partition_id, inquiry_id, n),
    unique (partition_id, inquiry_id, n, to_state),
    unique (partition_id, id, asked, asked_id),
    foreign key (partition_id, inquiry_id, asked, asked_id) references inquiry (partition_id, id, asked, asked_id),
    foreign key (partition_id, inquiry_id, before_n, from_state) references inquiry_step (partition_id, inquiry_id, n, to_state),
    check ((n = 0) = (kind = 'ISSUED') and (n = 0) = (from_state is null)),
    check ((unit_id is not null) = (asked = 'UNIT') and (person_id is not null) = (asked = 'PERSON')),
    -- `inquiry::rules` has the same pairs.
    constraint inquiry_step_course check (
        kind = 'ISSUED' and to_state = 'WAITING'
        or (kind, from_state, to_state) in (
            ('RECEIVED', 'WAITING', 'WAITING'),
            ('ANSWERED', 'WAITING', 'ANSWERED'), ('ANSWERED', 'PLEADED', 'ANSWERED'), ('ANSWERED', 'ANSWERED', 'ANSWERED'),
            ('PLEADED', 'WAITING', 'PLEADED'), ('PLEADED', 'PLEADED', 'PLEADED'),
            ('KEPT', 'WAITING', 'WAITING'), ('KEPT', 'PLEADED', 'WAITING'),
            ('CLOSED', 'WAITING', 'CLOSED'), ('CLOSED', 'ANSWERED', 'CLOSED'), ('CLOSED', 'PLEADED', 'CLOSED'),
            ('FOLLOWED', 'ANSWERED', 'FOLLOWED'),
            ('WITHDRAWN', 'WAITING', 'WITHDRAWN'), ('WITHDRAWN', 'PLEADED', 'WITHDRAWN'), ('WITHDRAWN', 'ANSWERED', 'WITHDRAWN'))),
    check ((due_on is not null) = (kind in ('ISSUED', 'RECEIVED', 'KEPT'))),
    check (said_sealed is not null or kind in ('ISSUED', 'RECEIVED', 'CLOSED', 'FOLLOWED')),
    -- Closed without an answer here, because one came on paper: what it was is said.
    check (kind <> 'CLOSED' or from_state <> 'WAITING' or said_sealed is not null),
    check (files = 0 or kind in ('ANSWERED', 'PLEADED'))
);
create unique index inquiry_step_received on inquiry_step (partition_id, inquiry_id) where kind = 'RECEIVED';
select access_matrix('inquiry_step', agency => 'append', unit => 'append', person => 'append', nation => 'none', system => 'none');
-- By hand, because 'append' alone would let each say what the other does: who is asked receives and answers, the agency
-- issues and decides.
create policy own_side on inquiry_step as restrictive for insert with check (
    (kind in ('RECEIVED', 'ANSWERED', 'PLEADED')) = (nullif(current_setting('app.context', true), '') in ('unit', 'person')));

-- The files of a step, in their order.
create table inquiry_file (
    partition_id uuid not null,
    file_id uuid not null,
    step_id uuid not null,
    inquiry_id uuid not null,
    asked text not null,
    unit_id uuid,
    person_id uuid,
    asked_id uuid not null generated always as (coalesce(unit_id, person_id)) stored,
    place smallint not null check (place between 1 and 20),
    name_sealed bytea not null,
    primary key (partition_id, file_id),
    unique (partition_id, step_id, place),
    foreign key (partition_id, file_id) references file (partition_id, id),
    foreign key (partition_id, step_id, asked, asked_id) references inquiry_step (partition_id, id, asked, asked_id),
    foreign key (partition_id, inquiry_id, asked, asked_id) references inquiry (partition_id, id, asked, asked_id),
    check ((unit_id is not null) = (asked = 'UNIT') and (person_id is not null) = (asked = 'PERSON'))
);
create index inquiry_file_inquiry on inquiry_file (partition_id, inquiry_id);
select access_matrix('inquiry_file', agency => 'read', unit => 'append', person => 'append', nation => 'none', system => 'none');
