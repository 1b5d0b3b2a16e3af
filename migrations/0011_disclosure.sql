-- Publication at the workplace (công khai bản kê khai; article 39, Nghị định 130/2020/NĐ-CP article 11): the employing unit
-- posts declarations it handed over, or has them read at a meeting, and keeps the minutes (biên bản).
create table disclosure (
    partition_id uuid not null references partition (id),
    id uuid not null,
    unit_id uuid not null references organisation (id),
    mode text not null check (mode in ('POSTING', 'MEETING')),
    state text not null check (state in ('OPEN', 'CLOSED', 'BROKEN')),
    -- Whose days and quorum hold for it.
    rule_set text not null,
    -- A posting hangs from the first to the end of the last day; a meeting is held on one.
    from_on date not null,
    until_on date not null,
    place_sealed bytea not null,
    -- Of a meeting.
    summoned integer check (summoned > 0),
    present integer check (present between 0 and summoned),
    -- How many of those summoned had to be there, by the rule set.
    needed integer check (needed between 1 and summoned),
    reading text check (reading in ('CHAIR', 'DELEGATE', 'DECLARANT')),
    chair_name_sealed bytea,
    chair_position_sealed bytea,
    -- Questions asked and what was answered.
    questions_sealed bytea,
    -- SHA-256 over the publication as it was begun; also in the event of the act.
    begun_hash bytea not null check (octet_length(begun_hash) = 32),
    created_at timestamptz not null,
    created_by uuid not null,
    -- The minutes: the day they were made, their number of the unit's in the year, who signed.
    closed_on date,
    minutes_year smallint check (minutes_year between 2000 and 2200),
    minutes_number integer check (minutes_number > 0),
    head_name_sealed bytea,
    head_position_sealed bytea,
    union_name_sealed bytea,
    union_position_sealed bytea,
    -- Broken off: the day, and why.
    broken_on date,
    reason_sealed bytea,
    -- SHA-256 over how it ended.
    end_hash bytea check (octet_length(end_hash) = 32),
    ended_by uuid,
    updated_at timestamptz not null,
    updated_by text not null,
    primary key (partition_id, id),
    unique (partition_id, unit_id, minutes_year, minutes_number),
    -- What an item says of its unit, its way and its days is its publication's.
    unique (partition_id, id, unit_id, mode, from_on, until_on),
    check (until_on >= from_on and (mode = 'POSTING' or until_on = from_on)),
    check (num_nonnulls(summoned, present, needed, reading, chair_name_sealed, chair_position_sealed, questions_sealed)
           = case mode when 'MEETING' then 7 else 0 end),
    check (num_nonnulls(closed_on, minutes_year, minutes_number, head_name_sealed, head_position_sealed, union_name_sealed, union_position_sealed)
           = case state when 'CLOSED' then 7 else 0 end),
    check (num_nonnulls(broken_on, reason_sealed) = case state when 'BROKEN' then 2 else 0 end),
    check (num_nonnulls(end_hash, ended_by) = case state when 'OPEN' then 0 else 2 end),
    -- Rule X04: a posting is closed after its last day, a meeting only with the quorum.
    constraint disclosure_lasted check (state <> 'CLOSED' or case mode when 'POSTING' then closed_on > until_on else closed_on >= from_on end),
    constraint disclosure_quorum check (state <> 'CLOSED' or mode = 'POSTING' or present >= needed),
    -- A posting that hung for all its days was not taken down early.
    constraint disclosure_broken check (broken_on >= from_on and (mode = 'MEETING' or broken_on <= until_on))
);
create index disclosure_unit on disclosure (unit_id);
create index disclosure_open on disclosure (partition_id, until_on) where state = 'OPEN';
select access_matrix('disclosure', agency => 'read', unit => 'append', person => 'none', nation => 'none', system => 'none');

-- One declaration of a publication, by the version and document that were published. Its declarant reads this row and no
-- other, so it says by itself how, where and how long.
create table disclosure_item (
    partition_id uuid not null,
    id uuid not null,
    disclosure_id uuid not null,
    declaration_id uuid not null,
    version_id uuid not null,
    unit_id uuid not null,
    person_id uuid not null,
    mode text not null,
    from_on date not null,
    until_on date not null,
    -- The day it was handed over, and the last day to begin (article 11.3).
    handed_on date not null,
    due_on date not null check (due_on >= handed_on),
    -- The declarant as the list had them on the day.
    name_sealed bytea not null,
    position_sealed bytea not null,
    place_sealed bytea not null,
    document_hash bytea not null check (octet_length(document_hash) = 32),
    state text not null check (state in ('OPEN', 'CLOSED', 'BROKEN')),
    -- As the publication ended.
    broken_on date,
    minutes_year smallint,
    minutes_number integer,
    primary key (partition_id, id),
    unique (partition_id, disclosure_id, declaration_id),
    foreign key (partition_id, disclosure_id, unit_id, mode, from_on, until_on)
        references disclosure (partition_id, id, unit_id, mode, from_on, until_on),
    foreign key (partition_id, declaration_id) references declaration (partition_id, id),
    foreign key (partition_id, version_id) references declaration_version (partition_id, id),
    foreign key (partition_id, person_id) references person (partition_id, id),
    check ((state = 'BROKEN') = (broken_on is not null)),
    check (num_nonnulls(minutes_year, minutes_number) = case state when 'CLOSED' then 2 else 0 end),
    check (from_on >= handed_on)
);
-- Published once; again only when the former publication was broken off.
create unique index disclosure_item_once on disclosure_item (partition_id, declaration_id) where state <> 'BROKEN';
create index disclosure_item_declaration on disclosure_item (partition_id, declaration_id);
create index disclosure_item_unit on disclosure_item (unit_id);
create index disclosure_item_person on disclosure_item (partition_id, person_id);
select access_matrix('disclosure_item', agency => 'read', unit => 'append', person => 'read', nation => 'none', system => 'none');

-- By hand, because 'write' would let a unit rewrite what it published: it ends what is open, once, in the columns that say
-- how it ended; what was written when it began cannot be updated by anyone. Nothing begins as ended.
create policy unit_end on disclosure for update
    using (nullif(current_setting('app.context', true), '') = 'unit'
           and unit_id = nullif(current_setting('app.unit_id', true), '')::uuid and state = 'OPEN')
    with check (nullif(current_setting('app.context', true), '') = 'unit'
                and unit_id = nullif(current_setting('app.unit_id', true), '')::uuid and state <> 'OPEN');
create policy unit_end on disclosure_item for update
    using (nullif(current_setting('app.context', true), '') = 'unit'
           and unit_id = nullif(current_setting('app.unit_id', true), '')::uuid and state = 'OPEN')
    with check (nullif(current_setting('app.context', true), '') = 'unit'
                and unit_id = nullif(current_setting('app.unit_id', true), '')::uuid and state <> 'OPEN');
create policy open_first on disclosure as restrictive for insert with check (state = 'OPEN');
create policy open_first on disclosure_item as restrictive for insert with check (state = 'OPEN');
grant update (state, closed_on, minutes_year, minutes_number, head_name_sealed, head_position_sealed, union_name_sealed,
              union_position_sealed, broken_on, reason_sealed, end_hash, ended_by, updated_at, updated_by)
    on disclosure to minhbach_app;
grant update (state, broken_on, minutes_year, minutes_number) on disclosure_item to minhbach_app;
