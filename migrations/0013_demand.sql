-- A demand to complete or to declare again (article 38.2) and its answer: a further version of the same declaration,
-- received again.

-- Completed anew when declared again (note 2): the day is the version's.
alter table declaration_version add column completed_on date;
update declaration_version v set completed_on = d.completed_on
    from declaration d where d.partition_id = v.partition_id and d.id = v.declaration_id;
alter table declaration_version alter column completed_on set not null;
-- What is said of a version is said within its unit.
alter table declaration_version add constraint declaration_version_place unique (partition_id, id, declaration_id, unit_id);
alter table declaration_version add constraint declaration_version_whose unique (partition_id, id, declaration_id, unit_id, person_id);
alter table declaration_version drop constraint declaration_version_act_check;
alter table declaration_version add constraint declaration_version_act_check
    check (act in ('SUBMIT', 'INTAKE', 'REDECLARE', 'TRANSCRIPTION_AMENDMENT', 'CORRECTION'));

-- What is handed over or published is a version of that very declaration, of that unit and person.
alter table hand_over_item add foreign key (partition_id, version_id, declaration_id, unit_id)
    references declaration_version (partition_id, id, declaration_id, unit_id);
alter table disclosure_item add foreign key (partition_id, version_id, declaration_id, unit_id, person_id)
    references declaration_version (partition_id, id, declaration_id, unit_id, person_id);

-- A receipt is for the version that was handed in; one declared again is received again.
alter table receipt add column version_id uuid;
update receipt r set version_id = v.id
    from declaration_version v where v.partition_id = r.partition_id and v.declaration_id = r.declaration_id and v.version = 1;
alter table receipt alter column version_id set not null;
alter table receipt drop constraint receipt_partition_id_declaration_id_key;
alter table receipt add constraint receipt_once unique (partition_id, version_id);
alter table receipt add foreign key (partition_id, version_id, declaration_id, unit_id)
    references declaration_version (partition_id, id, declaration_id, unit_id);
create index receipt_declaration on receipt (partition_id, declaration_id);

-- A demand is proposed with the version it was found wanting in.
alter table completion_demand add column version_id uuid;
update completion_demand c set version_id = v.id
    from declaration_version v where v.partition_id = c.partition_id and v.declaration_id = c.declaration_id and v.version = 1;
alter table completion_demand alter column version_id set not null;
alter table completion_demand add foreign key (partition_id, version_id) references declaration_version (partition_id, id);

create table demand (
    partition_id uuid not null references partition (id),
    id uuid not null,
    unit_id uuid not null,
    person_id uuid not null,
    declaration_id uuid not null,
    -- What was found wanting.
    version_id uuid not null,
    -- Of the unit's demands in a year, whichever agencies they belong to.
    year smallint not null check (year between 2000 and 2200),
    number integer not null check (number > 0),
    asks text not null check (asks in ('COMPLETE', 'REDECLARE')),
    issued_on date not null,
    reasons_sealed bytea not null,
    signer_name_sealed bytea not null,
    signer_position_sealed bytea not null,
    -- SHA-256 over the demand as it was issued; also in the event of the act.
    issue_hash bytea not null check (octet_length(issue_hash) = 32),
    created_at timestamptz not null,
    created_by uuid not null,
    state text not null check (state in ('ISSUED', 'ANSWERED', 'WITHDRAWN')),
    -- When it reached the declarant, which begins the days of article 38.2: opened here, or handed over.
    reached_on date check (reached_on >= issued_on),
    reached_by text check (reached_by in ('OPENED', 'HANDED')),
    due_on date check (due_on >= reached_on),
    answered_on date check (answered_on >= issued_on),
    answer_version_id uuid,
    withdrawn_on date check (withdrawn_on >= issued_on),
    withdrawal_sealed bytea,
    updated_at timestamptz not null,
    updated_by text not null,
    primary key (partition_id, id),
    unique (partition_id, unit_id, year, number),
    foreign key (partition_id, version_id, declaration_id, unit_id, person_id)
        references declaration_version (partition_id, id, declaration_id, unit_id, person_id),
    foreign key (partition_id, answer_version_id, declaration_id, unit_id, person_id)
        references declaration_version (partition_id, id, declaration_id, unit_id, person_id),
    check (answer_version_id <> version_id),
    check (num_nonnulls(reached_on, reached_by, due_on) in (0, 3)),
    check (num_nonnulls(answered_on, answer_version_id) = case state when 'ANSWERED' then 2 else 0 end),
    check (num_nonnulls(withdrawn_on, withdrawal_sealed) = case state when 'WITHDRAWN' then 2 else 0 end)
);
-- One at a time.
create unique index demand_open on demand (partition_id, declaration_id) where state = 'ISSUED';
create index demand_unit on demand (unit_id, year);
select access_matrix('demand', agency => 'read', unit => 'append', person => 'read', nation => 'none', system => 'none');
-- By hand, because 'write' would let each change what another said: the unit withdraws or says that it reached the
-- person, the person opens and answers it, the agency answers it with the paper that came in. What was issued stays.
create policy issued_first on demand as restrictive for insert with check (state = 'ISSUED');
create policy unit_update on demand for update
    using (nullif(current_setting('app.context', true), '') = 'unit'
           and unit_id = nullif(current_setting('app.unit_id', true), '')::uuid and state = 'ISSUED')
    with check (nullif(current_setting('app.context', true), '') = 'unit'
                and unit_id = nullif(current_setting('app.unit_id', true), '')::uuid and state in ('ISSUED', 'WITHDRAWN'));
create policy person_update on demand for update
    using (nullif(current_setting('app.context', true), '') = 'person'
           and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid
           and person_id = nullif(current_setting('app.person_id', true), '')::uuid and state = 'ISSUED')
    with check (nullif(current_setting('app.context', true), '') = 'person'
                and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid
                and person_id = nullif(current_setting('app.person_id', true), '')::uuid and state in ('ISSUED', 'ANSWERED'));
create policy agency_answer on demand for update
    using (nullif(current_setting('app.context', true), '') = 'agency'
           and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid and state = 'ISSUED')
    with check (nullif(current_setting('app.context', true), '') = 'agency'
                and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid and state = 'ANSWERED');
grant update (state, reached_on, reached_by, due_on, answered_on, answer_version_id, withdrawn_on, withdrawal_sealed,
              updated_at, updated_by) on demand to minhbach_app;

-- Facts of versions that another has replaced, so that nothing counts twice. Written with the version that replaces.
create table asset_fact_replaced (
    partition_id uuid not null references partition (id),
    tag bytea not null check (octet_length(tag) = 32),
    primary key (partition_id, tag)
);
alter table asset_fact_replaced enable row level security;
alter table asset_fact_replaced force row level security;
create policy agency_read on asset_fact_replaced for select using (
    nullif(current_setting('app.context', true), '') = 'agency'
    and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid);
create policy nation_read on asset_fact_replaced for select using (
    nullif(current_setting('app.context', true), '') = 'nation'
    and nullif(current_setting('app.purpose_id', true), '') is not null);
create policy own_insert on asset_fact_replaced for insert with check (
    nullif(current_setting('app.context', true), '') in ('agency', 'person')
    and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid);
grant select, insert on asset_fact_replaced to minhbach_app;

-- A declaration as it stands: its version in force, the receipt of what was last handed in, where its copy is, and what
-- is demanded of it. Seen with the rights of who asks.
create view declaration_now with (security_invoker = true) as
select d.partition_id, d.id, d.unit_id, d.person_id, d.obligation_id, d.kind, d.year, d.channel, d.created_at,
       v.id as version_id, v.version, v.completed_on, v.created_at as version_created_at, v.act as version_act,
       r.received_on, r.hand_over_due_on, h.handed_on as handed_over_on, m.id as demand_id, m.due_on as demand_due_on
from declaration d
     join lateral (select n.id, n.version, n.completed_on, n.created_at, n.act from declaration_version n
                   where n.partition_id = d.partition_id and n.declaration_id = d.id
                   order by n.version desc limit 1) v on true
     -- A correction and a mended transcription need no receipt of their own.
     left join lateral (select n.id from declaration_version n
                        where n.partition_id = d.partition_id and n.declaration_id = d.id
                          and n.act in ('SUBMIT', 'INTAKE', 'REDECLARE')
                        order by n.version desc limit 1) i on true
     left join receipt r on r.partition_id = d.partition_id and r.version_id = i.id
     left join hand_over_item t on t.partition_id = d.partition_id and t.declaration_id = d.id and t.state <> 'MISSING'
     left join hand_over h on h.partition_id = t.partition_id and h.id = t.hand_over_id
     left join demand m on m.partition_id = d.partition_id and m.declaration_id = d.id and m.state = 'ISSUED';
grant select on declaration_now to minhbach_app;
