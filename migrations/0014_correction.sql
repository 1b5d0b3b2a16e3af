-- Correction after receipt (Quyết định 390/QĐ-TTg, điểm 2 mục II; rule X12): what a declarant proposes to change, what the
-- competent person decided of each difference, and the further version that came of it.

-- The proposal its draft is being written for; none while nothing is being corrected.
alter table draft add column correction_id uuid;

create table correction (
    partition_id uuid not null references partition (id),
    id uuid not null,
    unit_id uuid not null,
    person_id uuid not null,
    declaration_id uuid not null,
    -- What is to be changed.
    version_id uuid not null,
    proposed_on date not null,
    -- The legal last day it relied on: of the obligation.
    due_on date not null,
    -- How many differences, each of which is decided by itself.
    items smallint not null check (items > 0),
    proposal_sealed bytea not null,
    explanation_sealed bytea not null,
    -- SHA-256 over the proposal as it was made; also in the event of the act.
    proposal_hash bytea not null check (octet_length(proposal_hash) = 32),
    created_at timestamptz not null,
    created_by uuid not null,
    state text not null check (state in ('WAITING', 'DECIDED', 'WITHDRAWN')),
    -- The competent person's decision, and who put it down: the unit, or the agency the copy was handed over to.
    decided_on date check (decided_on between proposed_on and due_on),
    decided_by text check (decided_by in ('UNIT', 'AGENCY')),
    approved smallint check (approved between 0 and items),
    verdicts_sealed bytea,
    approver_name_sealed bytea,
    approver_position_sealed bytea,
    result_version_id uuid,
    withdrawn_on date check (withdrawn_on >= proposed_on),
    updated_at timestamptz not null,
    updated_by text not null,
    primary key (partition_id, id),
    foreign key (partition_id, version_id, declaration_id, unit_id, person_id)
        references declaration_version (partition_id, id, declaration_id, unit_id, person_id),
    foreign key (partition_id, result_version_id, declaration_id, unit_id, person_id)
        references declaration_version (partition_id, id, declaration_id, unit_id, person_id),
    check (result_version_id <> version_id),
    check (proposed_on <= due_on),
    check (num_nonnulls(decided_on, decided_by, approved, verdicts_sealed, approver_name_sealed, approver_position_sealed)
           = case state when 'DECIDED' then 6 else 0 end),
    -- A version came of it exactly when something was approved.
    check ((result_version_id is not null) = (coalesce(approved, 0) > 0)),
    check ((withdrawn_on is not null) = (state = 'WITHDRAWN'))
);
-- One at a time.
create unique index correction_waiting on correction (partition_id, declaration_id) where state = 'WAITING';
create index correction_declaration on correction (partition_id, declaration_id);
create index correction_unit on correction (unit_id) where state = 'WAITING';
-- A version comes of one proposal.
create unique index correction_result on correction (partition_id, result_version_id);
select access_matrix('correction', agency => 'read', unit => 'read', person => 'append', nation => 'none', system => 'none');
-- By hand, because 'write' would let each change what another said: while it waits the person withdraws it, and the unit or
-- the agency puts the decision down, each in its own name. What was proposed stays.
create policy proposed_first on correction as restrictive for insert with check (state = 'WAITING');
create policy person_withdraw on correction for update
    using (nullif(current_setting('app.context', true), '') = 'person'
           and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid
           and person_id = nullif(current_setting('app.person_id', true), '')::uuid and state = 'WAITING')
    with check (nullif(current_setting('app.context', true), '') = 'person'
                and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid
                and person_id = nullif(current_setting('app.person_id', true), '')::uuid and state = 'WITHDRAWN');
create policy unit_decide on correction for update
    using (nullif(current_setting('app.context', true), '') = 'unit'
           and unit_id = nullif(current_setting('app.unit_id', true), '')::uuid and state = 'WAITING')
    with check (nullif(current_setting('app.context', true), '') = 'unit'
                and unit_id = nullif(current_setting('app.unit_id', true), '')::uuid
                and state = 'DECIDED' and decided_by = 'UNIT');
create policy agency_decide on correction for update
    using (nullif(current_setting('app.context', true), '') = 'agency'
           and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid and state = 'WAITING')
    with check (nullif(current_setting('app.context', true), '') = 'agency'
                and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid
                and state = 'DECIDED' and decided_by = 'AGENCY');
grant update (state, decided_on, decided_by, approved, verdicts_sealed, approver_name_sealed, approver_position_sealed,
              result_version_id, withdrawn_on, updated_at, updated_by) on correction to minhbach_app;

-- A version stands under the unit and person of its declaration, and what stands beside it under those of the version:
-- whoever may write one writes it about their own.
alter table declaration add constraint declaration_whose unique (partition_id, id, unit_id, person_id);
alter table declaration_version add constraint declaration_version_of_whom
    foreign key (partition_id, declaration_id, unit_id, person_id) references declaration (partition_id, id, unit_id, person_id);
alter table shortcoming add constraint shortcoming_of_whom foreign key (partition_id, version_id, declaration_id, unit_id, person_id)
    references declaration_version (partition_id, id, declaration_id, unit_id, person_id);

-- Where the unit puts the decision down, the further version is written in its context: a correction and nothing else.
create policy unit_correction on declaration_version for insert with check (
    nullif(current_setting('app.context', true), '') = 'unit'
    and unit_id = nullif(current_setting('app.unit_id', true), '')::uuid and act = 'CORRECTION');
create policy unit_correction on shortcoming for insert with check (
    nullif(current_setting('app.context', true), '') = 'unit'
    and unit_id = nullif(current_setting('app.unit_id', true), '')::uuid);
-- Facts carry no unit to compare with; those of no version are found by verify-log.
create policy unit_correction on asset_fact for insert with check (nullif(current_setting('app.context', true), '') = 'unit');
create policy unit_correction on asset_fact_replaced for insert with check (
    nullif(current_setting('app.context', true), '') = 'unit');
