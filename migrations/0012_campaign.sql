-- The year's campaign: the plan of the control agency, written reminders to those who are late, and that someone did not
-- submit after two of them (Luật Phòng, chống tham nhũng 2018 articles 37, 38; Nghị định 130/2020/NĐ-CP article 20.2).

-- What follows an obligation up stands under its unit and its person.
alter table obligation add constraint obligation_whose unique (partition_id, id, unit_id, person_id);

-- A plan of the agency for its partition; changed by a new version under a number of its own, and both stay.
create table campaign_plan (
    partition_id uuid not null references partition (id),
    id uuid not null,
    year smallint not null check (year between 2000 and 2200),
    version integer not null check (version > 0),
    -- Number and sign of the document: a code, nobody's words.
    document_no text not null check (document_no ~ '^[0-9]{1,6}[a-z]?(/[0-9]{4})?/[0-9A-ZĐƠƯ]{1,10}([-.&][0-9A-ZĐƠƯ]{1,10}){0,4}$'),
    issued_on date not null,
    -- Days by which units make their lists, people hand in, units hand over; never later than the law's.
    lists_by date not null,
    declare_by date not null,
    hand_over_by date not null,
    -- SHA-256 over the plan; also in the event of the act.
    record_hash bytea not null check (octet_length(record_hash) = 32),
    created_at timestamptz not null,
    created_by uuid not null,
    primary key (partition_id, id),
    constraint campaign_plan_version unique (partition_id, year, version),
    check ((version > 1 or issued_on <= lists_by) and lists_by <= declare_by and declare_by <= hand_over_by)
);
select access_matrix('campaign_plan', agency => 'append', unit => 'none', person => 'none', nation => 'none', system => 'none');
-- By hand, because a plan has no unit and no person: it is addressed to every unit and everyone under the agency. It names
-- nobody: a number, and days.
create policy unit_told on campaign_plan for select
    using (nullif(current_setting('app.context', true), '') = 'unit'
           and nullif(current_setting('app.unit_id', true), '') is not null);
create policy person_told on campaign_plan for select
    using (nullif(current_setting('app.context', true), '') = 'person'
           and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid);

-- One written reminder (đôn đốc bằng văn bản) to one person. Each is issued once; the second follows the first.
create table reminder (
    partition_id uuid not null references partition (id),
    id uuid not null,
    unit_id uuid not null references organisation (id),
    person_id uuid not null,
    obligation_id uuid not null,
    -- The document it was issued with; several people may have theirs under one.
    issue_id uuid not null,
    number smallint not null check (number in (1, 2)),
    -- The law's last day as it stood: where that day was mended later, a reminder of before does not count.
    due_on date not null,
    document_no text not null check (document_no ~ '^[0-9]{1,6}[a-z]?(/[0-9]{4})?/[0-9A-ZĐƠƯ]{1,10}([-.&][0-9A-ZĐƠƯ]{1,10}){0,4}$'),
    issued_on date not null,
    -- The last day it gives.
    answer_by date not null,
    -- The first one, and until when it had given time.
    after_id uuid,
    after_number smallint check (after_number = 1),
    after_answer_by date,
    signer_name_sealed bytea not null,
    signer_position_sealed bytea not null,
    -- The person as the list had them on the day: a letter does not change with the list.
    name_sealed bytea not null,
    position_sealed bytea not null,
    -- SHA-256 over the reminder; also in the event of the act.
    record_hash bytea not null check (octet_length(record_hash) = 32),
    created_at timestamptz not null,
    created_by uuid not null,
    primary key (partition_id, id),
    constraint reminder_once unique (partition_id, obligation_id, due_on, number),
    constraint reminder_told unique (partition_id, id, unit_id, obligation_id, due_on, number, answer_by),
    constraint reminder_issued unique (partition_id, id, unit_id, person_id, issued_on),
    foreign key (partition_id, obligation_id, unit_id, person_id) references obligation (partition_id, id, unit_id, person_id),
    foreign key (partition_id, after_id, unit_id, obligation_id, due_on, after_number, after_answer_by)
        references reminder (partition_id, id, unit_id, obligation_id, due_on, number, answer_by),
    -- Not before the law's last day has passed, nor before the time the first one gave.
    check (issued_on > due_on and answer_by > issued_on),
    check (issued_on > after_answer_by),
    check (num_nonnulls(after_id, after_number, after_answer_by) = case number when 2 then 3 else 0 end)
);
create index reminder_unit on reminder (unit_id, issue_id);
select access_matrix('reminder', agency => 'read', unit => 'append', person => 'read', nation => 'none', system => 'none');

-- How and when a reminder reached its person.
create table reminder_delivery (
    partition_id uuid not null,
    id uuid not null,
    unit_id uuid not null,
    person_id uuid not null,
    reminder_id uuid not null,
    issued_on date not null,
    way text not null check (way in ('HANDED', 'POSTED', 'ELECTRONIC')),
    delivered_on date not null check (delivered_on >= issued_on),
    -- SHA-256 over the delivery; also in the event of the act.
    record_hash bytea not null check (octet_length(record_hash) = 32),
    created_at timestamptz not null,
    created_by uuid not null,
    primary key (partition_id, id),
    constraint reminder_delivered_once unique (partition_id, reminder_id),
    foreign key (partition_id, reminder_id, unit_id, person_id, issued_on)
        references reminder (partition_id, id, unit_id, person_id, issued_on)
);
select access_matrix('reminder_delivery', agency => 'read', unit => 'append', person => 'read', nation => 'none', system => 'none');

-- That nothing was submitted after two written reminders: a fact with its day. The second reminder has the first.
create table non_submission (
    partition_id uuid not null,
    id uuid not null,
    unit_id uuid not null,
    person_id uuid not null,
    obligation_id uuid not null,
    due_on date not null,
    second_id uuid not null,
    second_number smallint not null check (second_number = 2),
    second_answer_by date not null,
    recorded_on date not null check (recorded_on > second_answer_by),
    -- What the person said to it, if anything.
    explanation_sealed bytea,
    -- SHA-256 over the record; also in the event of the act.
    record_hash bytea not null check (octet_length(record_hash) = 32),
    created_at timestamptz not null,
    created_by uuid not null,
    primary key (partition_id, id),
    constraint non_submission_once unique (partition_id, obligation_id, due_on),
    foreign key (partition_id, obligation_id, unit_id, person_id) references obligation (partition_id, id, unit_id, person_id),
    foreign key (partition_id, second_id, unit_id, obligation_id, due_on, second_number, second_answer_by)
        references reminder (partition_id, id, unit_id, obligation_id, due_on, number, answer_by)
);
create index non_submission_unit on non_submission (unit_id);
select access_matrix('non_submission', agency => 'read', unit => 'append', person => 'read', nation => 'none', system => 'none');
