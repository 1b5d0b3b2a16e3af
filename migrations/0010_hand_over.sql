-- Hand-over (bàn giao, article 38.3): the employing unit hands one copy of each declaration it received to the control
-- agency, as one batch with its record (biên bản); the agency counts and takes it.
create table hand_over (
    partition_id uuid not null references partition (id),
    id uuid not null,
    unit_id uuid not null references organisation (id),
    -- Of the unit's records in a year, whichever agencies they are for.
    year smallint not null check (year between 2000 and 2200),
    number integer not null check (number > 0),
    state text not null check (state in ('SENT', 'TAKEN')),
    handed_on date not null,
    hander_name_sealed bytea not null,
    hander_position_sealed bytea not null,
    -- SHA-256 over the record as it was handed over; also in the event of the act.
    sent_hash bytea not null check (octet_length(sent_hash) = 32),
    created_at timestamptz not null,
    created_by uuid not null,
    taken_on date check (taken_on >= handed_on),
    taker_name_sealed bytea,
    taker_position_sealed bytea,
    -- SHA-256 over what was taken and what was missing.
    taken_hash bytea check (octet_length(taken_hash) = 32),
    taken_by uuid,
    updated_at timestamptz not null,
    updated_by text not null,
    primary key (partition_id, id),
    unique (partition_id, unit_id, year, number),
    -- What an item says of its unit is its batch's.
    unique (partition_id, id, unit_id),
    check (num_nonnulls(taken_on, taker_name_sealed, taker_position_sealed, taken_hash, taken_by)
           = case state when 'TAKEN' then 5 else 0 end)
);
create index hand_over_unit on hand_over (unit_id);
create index hand_over_waiting on hand_over (partition_id, handed_on) where state = 'SENT';
select access_matrix('hand_over', agency => 'read', unit => 'append', person => 'none', nation => 'none', system => 'none');

-- One declaration of a batch, by the version and document that were handed over.
create table hand_over_item (
    partition_id uuid not null,
    id uuid not null,
    hand_over_id uuid not null,
    declaration_id uuid not null,
    version_id uuid not null,
    unit_id uuid not null,
    -- The declarant as the list had them on the day: a record does not change with the list.
    name_sealed bytea not null,
    position_sealed bytea not null,
    document_hash bytea not null check (octet_length(document_hash) = 32),
    copies smallint not null check (copies > 0),
    state text not null check (state in ('LISTED', 'TAKEN', 'MISSING')),
    -- Why a listed one was not there.
    reason_sealed bytea,
    primary key (partition_id, id),
    unique (partition_id, hand_over_id, declaration_id),
    foreign key (partition_id, hand_over_id, unit_id) references hand_over (partition_id, id, unit_id),
    foreign key (partition_id, declaration_id) references declaration (partition_id, id),
    foreign key (partition_id, version_id) references declaration_version (partition_id, id),
    check ((state = 'MISSING') = (reason_sealed is not null))
);
-- Handed over once; what was missing is handed over again.
create unique index hand_over_item_once on hand_over_item (partition_id, declaration_id) where state <> 'MISSING';
select access_matrix('hand_over_item', agency => 'read', unit => 'append', person => 'none', nation => 'none', system => 'none');

-- By hand, because 'write' would let the agency make batches too: it takes what waits, once, and what the unit wrote
-- stays as it was written. Who hands over cannot say that it was taken: a unit inserts nothing but what waits.
create policy agency_take on hand_over for update
    using (nullif(current_setting('app.context', true), '') = 'agency'
           and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid and state = 'SENT')
    with check (nullif(current_setting('app.context', true), '') = 'agency'
                and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid and state = 'TAKEN');
create policy agency_take on hand_over_item for update
    using (nullif(current_setting('app.context', true), '') = 'agency'
           and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid and state = 'LISTED')
    with check (nullif(current_setting('app.context', true), '') = 'agency'
                and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid and state <> 'LISTED');
create policy sent_first on hand_over as restrictive for insert with check (state = 'SENT');
create policy listed_first on hand_over_item as restrictive for insert with check (state = 'LISTED');
grant update (state, taken_on, taker_name_sealed, taker_position_sealed, taken_hash, taken_by, updated_at, updated_by)
    on hand_over to minhbach_app;
grant update (state, reason_sealed) on hand_over_item to minhbach_app;
