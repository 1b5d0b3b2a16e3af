-- Custody (chuyển hồ sơ giữa các cơ quan kiểm soát; article 54.2, ND130 article 19.4): the agency that holds a person's file
-- sends a copy of it, the agency that controls the person from now on takes it or declines. Rows never move: the originals
-- stay, and copies of them stand in the receiving partition, re-sealed, with proofs from the log they were recorded in.

-- One act of two agencies: a row of the sending partition that the receiving one answers.
create table custody_transfer (
    -- The agency that held the file, and the person as it knows them.
    partition_id uuid not null references partition (id),
    id uuid not null,
    to_partition_id uuid not null references partition (id),
    unit_id uuid not null references organisation (id),
    person_id uuid not null,
    reason text not null check (reason in ('MOVED', 'RANK_CHANGED', 'REORGANISED')),
    -- Still on the unit's list when it was sent: then the unit puts them under the other agency by its own act.
    was_listed boolean not null,
    sent_on date not null,
    -- Document, signer: under the sending partition's key; the receiving one has them in the package.
    statement_sealed bytea not null,
    declarations integer not null check (declarations > 0),
    versions integer not null check (versions >= declarations),
    -- Kind and year of each, "ANNUAL-2025": what is declared already is not owed again where the person goes.
    declared text[] not null,
    -- SHA-256 of the sealed package, and of the record as it was sent; both in the events of both logs.
    package_hash bytea not null check (octet_length(package_hash) = 32),
    sent_hash bytea not null check (octet_length(sent_hash) = 32),
    created_at timestamptz not null,
    created_by uuid not null,
    state text not null check (state in ('SENT', 'TAKEN', 'DECLINED', 'WITHDRAWN')),
    ended_on date check (ended_on >= sent_on),
    ended_by uuid,
    -- Whom the receiving agency knows them as.
    to_unit_id uuid,
    to_person_id uuid,
    -- Who answered, and why it was declined: under the sending partition's key, and once more under the receiving one's.
    answer_sealed bytea,
    answer_own_sealed bytea,
    end_hash bytea check (octet_length(end_hash) = 32),
    updated_at timestamptz not null,
    updated_by text not null,
    primary key (partition_id, id),
    foreign key (partition_id, person_id) references person (partition_id, id),
    -- What a package says of whom it is for is its transfer's.
    unique (partition_id, id, to_partition_id),
    check (to_partition_id <> partition_id),
    check (num_nonnulls(ended_on, ended_by, end_hash) = case state when 'SENT' then 0 else 3 end),
    check (num_nonnulls(to_unit_id, to_person_id) = case state when 'TAKEN' then 2 else 0 end),
    check (num_nonnulls(answer_sealed, answer_own_sealed) = case when state in ('TAKEN', 'DECLINED') then 2 else 0 end)
);
-- One at a time.
create unique index custody_waiting on custody_transfer (partition_id, person_id) where state = 'SENT';
create index custody_person on custody_transfer (partition_id, person_id);
create index custody_to on custody_transfer (to_partition_id, state);
create index custody_unit on custody_transfer (unit_id);
create index custody_to_unit on custody_transfer (to_unit_id) where to_unit_id is not null;

-- By hand, because the matrix knows rows of one partition, and this one is an act of two. Each sees it whole: ids, words,
-- days, hashes. Of the unit and the person it is about, each sees it on its own side. The sender makes it and may take it
-- back while it waits; the other answers it, once; what was sent is updated by nobody (grant by column).
alter table custody_transfer enable row level security;
alter table custody_transfer force row level security;
create policy agency_read on custody_transfer for select using (
    nullif(current_setting('app.context', true), '') = 'agency'
    and nullif(current_setting('app.partition_id', true), '')::uuid in (partition_id, to_partition_id));
create policy unit_read on custody_transfer for select using (
    nullif(current_setting('app.context', true), '') = 'unit'
    and nullif(current_setting('app.unit_id', true), '')::uuid in (unit_id, to_unit_id));
create policy person_read on custody_transfer for select using (
    nullif(current_setting('app.context', true), '') = 'person'
    and ((partition_id = nullif(current_setting('app.partition_id', true), '')::uuid
          and person_id = nullif(current_setting('app.person_id', true), '')::uuid)
         or (to_partition_id = nullif(current_setting('app.partition_id', true), '')::uuid
             and to_person_id = nullif(current_setting('app.person_id', true), '')::uuid)));
create policy sender_insert on custody_transfer for insert with check (
    nullif(current_setting('app.context', true), '') = 'agency'
    and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid and state = 'SENT');
create policy sender_withdraw on custody_transfer for update
    using (nullif(current_setting('app.context', true), '') = 'agency'
           and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid and state = 'SENT')
    with check (nullif(current_setting('app.context', true), '') = 'agency'
                and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid and state = 'WITHDRAWN');
create policy receiver_answer on custody_transfer for update
    using (nullif(current_setting('app.context', true), '') = 'agency'
           and to_partition_id = nullif(current_setting('app.partition_id', true), '')::uuid and state = 'SENT')
    with check (nullif(current_setting('app.context', true), '') = 'agency'
                and to_partition_id = nullif(current_setting('app.partition_id', true), '')::uuid
                and state in ('TAKEN', 'DECLINED'));
grant select, insert on custody_transfer to minhbach_app;
grant update (state, ended_on, ended_by, to_unit_id, to_person_id, answer_sealed, answer_own_sealed, end_hash, updated_at, updated_by)
    on custody_transfer to minhbach_app;

-- The file on its way, under the receiving partition's key. Apart from its row, because units and people see that. What was
-- declined or taken back is emptied: nobody but who controls the person keeps a copy.
create table custody_package (
    partition_id uuid not null,
    id uuid not null,
    to_partition_id uuid not null references partition (id),
    package_sealed bytea,
    primary key (partition_id, id),
    foreign key (partition_id, id, to_partition_id) references custody_transfer (partition_id, id, to_partition_id)
);
alter table custody_package enable row level security;
alter table custody_package force row level security;
create policy agency_read on custody_package for select using (
    nullif(current_setting('app.context', true), '') = 'agency'
    and nullif(current_setting('app.partition_id', true), '')::uuid in (partition_id, to_partition_id));
create policy sender_insert on custody_package for insert with check (
    nullif(current_setting('app.context', true), '') = 'agency'
    and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid and package_sealed is not null);
create policy agency_empty on custody_package for update
    using (nullif(current_setting('app.context', true), '') = 'agency'
           and nullif(current_setting('app.partition_id', true), '')::uuid in (partition_id, to_partition_id))
    with check (nullif(current_setting('app.context', true), '') = 'agency'
                and nullif(current_setting('app.partition_id', true), '')::uuid in (partition_id, to_partition_id)
                and package_sealed is null);
grant select, insert, update (package_sealed) on custody_package to minhbach_app;

-- A copy of a version that is on record in another partition: the document byte for byte, under this partition's key, with
-- the proof that the other log held it. Not a declaration of this partition: it fulfils no obligation, is counted in no
-- figure, is neither received nor handed over here.
create table custody_original (
    partition_id uuid not null references partition (id),
    id uuid not null,
    transfer_id uuid not null,
    unit_id uuid not null,
    person_id uuid not null,
    -- Where it is on record, and as what.
    origin_partition_id uuid not null references partition (id),
    declaration_id uuid not null,
    version_id uuid not null,
    version integer not null check (version > 0),
    kind text not null check (kind in ('FIRST', 'ANNUAL', 'SUPPLEMENT', 'PERSONNEL', 'CANDIDATE')),
    year smallint not null,
    completed_on date not null,
    channel text not null check (channel in ('ONLINE', 'PAPER')),
    act text not null,
    rule_set text not null,
    recorded_at timestamptz not null,
    received_on date,
    document_hash bytea not null check (octet_length(document_hash) = 32),
    sealed_hash bytea not null check (octet_length(sealed_hash) = 32),
    document_sealed bytea not null,
    -- Event, nonce, place in the log, checkpoint: ids and hashes, checked with the other log's public key alone.
    evidence text not null check (octet_length(evidence) <= 131072),
    created_at timestamptz not null,
    primary key (partition_id, id),
    -- Taken once, however often a file is sent.
    unique (partition_id, person_id, version_id),
    unique (partition_id, person_id, declaration_id, version),
    foreign key (partition_id, person_id) references person (partition_id, id)
);
create index custody_original_transfer on custody_original (partition_id, transfer_id);
select access_matrix('custody_original', agency => 'append', unit => 'none', person => 'read', nation => 'none', system => 'none');

-- What is known of a person's declarations: those recorded here as they stand, and copies of those recorded elsewhere.
-- Seen with the rights of who asks.
create view declaration_known with (security_invoker = true) as
select n.partition_id, n.person_id, n.id, n.version_id, n.kind, n.completed_on, n.created_at,
       d.completed_on as begun_on, d.created_at as begun_at
from declaration_now n join declaration d on d.partition_id = n.partition_id and d.id = n.id
union all
select o.partition_id, o.person_id, o.declaration_id, o.version_id, o.kind, o.completed_on, o.recorded_at, o.completed_on, o.recorded_at
from custody_original o
where not exists (select from custody_original later where later.partition_id = o.partition_id and later.person_id = o.person_id
                    and later.declaration_id = o.declaration_id and later.version > o.version);
grant select on declaration_known to minhbach_app;

-- Who stays with their unit and is another agency's from now on leaves the list under the one and stands on it under the other.
alter table person drop constraint person_left_reason_check;
alter table person add constraint person_left_reason_check
    check (left_reason in ('RETIRED', 'MOVED', 'LEFT_SERVICE', 'DECEASED', 'NO_LONGER_OBLIGED', 'OTHER_AGENCY'));
