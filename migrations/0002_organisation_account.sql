-- Bodies, who controls whom, accounts and sessions.

-- Public bodies with their history. Reference table: names of bodies are public.
create table organisation (
    id uuid primary key,
    parent_id uuid references organisation (id),
    code text not null check (code ~ '^[A-Z0-9][A-Z0-9.-]{0,34}$'),
    name text not null check (name <> ''),
    level text not null check (level in ('CENTRAL', 'PROVINCE', 'COMMUNE')),
    -- Which row of law.md §1.1 its people fall under.
    sector text not null check (sector in ('LOCAL_GOVERNMENT', 'MINISTRY', 'GOVERNMENT_INSPECTORATE', 'NATIONAL_ASSEMBLY',
        'NA_OFFICE', 'PRESIDENT_OFFICE', 'COURT', 'PROCURACY', 'STATE_AUDIT', 'PARTY', 'MASS_ORGANISATION')),
    province_code text,
    valid_from date not null,
    valid_to date,
    check (valid_to is null or valid_to > valid_from)
);
create unique index organisation_code on organisation (code, valid_from);
grant select, insert on organisation to minhbach_app;

-- Which agency controls whom on a date (law 36/2018 article 30; Party management by the coordination regulation).
-- The matching rule with the highest precedence decides; a null means "any".
create table routing_rule (
    id uuid primary key,
    partition_id uuid not null references partition (id),
    precedence integer not null,
    sector text,
    province_code text,
    organisation_id uuid references organisation (id),
    -- 'DIRECTOR_UP': from Giám đốc sở and equivalent upward; 'BELOW_DIRECTOR'; null any.
    rank text check (rank in ('DIRECTOR_UP', 'BELOW_DIRECTOR')),
    party_managed boolean,
    basis text not null,
    valid_from date not null,
    valid_to date,
    check (valid_to is null or valid_to > valid_from)
);
grant select, insert on routing_rule to minhbach_app;

-- Provinces and communes in force since a date; codes are re-used with other meanings, so the key is (code, valid_from).
create table admin_unit (
    code text not null,
    valid_from date not null,
    level text not null check (level in ('PROVINCE', 'COMMUNE')),
    kind text not null,
    name text not null,
    full_name text not null,
    province_code text not null,
    search_key text not null,
    primary key (code, valid_from)
);
grant select, insert on admin_unit to minhbach_app;

-- A sign-in. Its name is a code, never a person's name or number; what the person is called is sealed elsewhere.
create table account (
    id uuid primary key,
    login text not null unique check (login ~ '^[a-z0-9][a-z0-9.-]{2,40}$'),
    partition_id uuid not null references partition (id),
    unit_id uuid references organisation (id),
    person_id uuid,
    kind text not null check (kind in ('OFFICER', 'DECLARANT')),
    state text not null check (state in ('ISSUED', 'ACTIVE', 'DISABLED')),
    password_hash text,
    activation_hash bytea,
    activation_expires_at timestamptz,
    failed_attempts smallint not null default 0,
    locked_until timestamptz,
    -- Name and position of the holder under the partition's key; shown in the page header and in lists.
    badge_sealed bytea not null,
    created_at timestamptz not null,
    created_by uuid,
    updated_at timestamptz not null,
    updated_by text not null
);
create index account_partition on account (partition_id, unit_id);
select access_matrix('account', agency => 'write', unit => 'write', person => 'none', nation => 'none', system => 'write');

-- What a holder may act as. A session acts as exactly one of them.
create table account_role (
    id uuid primary key,
    account_id uuid not null references account (id),
    role text not null check (role in ('CENTRE_ANALYST', 'AGENCY_ADMIN', 'INTAKE_OFFICER', 'UNIT_OFFICER', 'DECLARANT', 'AUDITOR')),
    partition_id uuid not null references partition (id),
    unit_id uuid references organisation (id),
    person_id uuid,
    valid_from timestamptz not null,
    revoked_at timestamptz,
    check ((role = 'DECLARANT') = (person_id is not null)),
    check (role <> 'UNIT_OFFICER' or unit_id is not null)
);
create unique index account_role_once on account_role (account_id, role, partition_id, coalesce(unit_id, '00000000-0000-0000-0000-000000000000')) where revoked_at is null;
select access_matrix('account_role', agency => 'write', unit => 'write', person => 'none', nation => 'none', system => 'write');

-- Accounts are issued downward; the database refuses a role its issuer could not have given.
create policy issue_downward on account_role as restrictive for insert with check (
    case nullif(current_setting('app.context', true), '')
        when 'system' then true
        when 'agency' then role in ('INTAKE_OFFICER', 'UNIT_OFFICER', 'AUDITOR', 'DECLARANT')
        when 'unit' then role = 'DECLARANT'
        else false
    end);
create policy keep_downward on account_role as restrictive for update using (true) with check (
    case nullif(current_setting('app.context', true), '')
        when 'system' then true
        when 'agency' then role in ('INTAKE_OFFICER', 'UNIT_OFFICER', 'AUDITOR', 'DECLARANT')
        when 'unit' then role = 'DECLARANT'
        else false
    end);

create table session (
    token_hash bytea primary key check (octet_length(token_hash) = 32),
    account_id uuid not null references account (id),
    account_role_id uuid not null references account_role (id),
    csrf_secret bytea not null check (octet_length(csrf_secret) = 32),
    purpose_id uuid,
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz
);
create index session_account on session (account_id);
alter table session enable row level security;
alter table session force row level security;
create policy system_all on session using (nullif(current_setting('app.context', true), '') = 'system');
grant select, insert, update on session to minhbach_app;

create table api_token (
    token_hash bytea primary key check (octet_length(token_hash) = 32),
    account_role_id uuid not null references account_role (id),
    label text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz
);
alter table api_token enable row level security;
alter table api_token force row level security;
create policy system_all on api_token using (nullif(current_setting('app.context', true), '') = 'system');
grant select, insert, update on api_token to minhbach_app;
