-- What every slice stands on: the access matrix helper, partitions, keys, events, the log, jobs, files, idempotency.
--
-- Two roles exist before this file runs (made by `minhbach migrate` or by the database's administrator, docs/OPERATIONS.md):
--   minhbach_owner  owns every object and runs migrations;
--   minhbach_app    owns nothing, has NOBYPASSRLS; the only role the service uses at run time.
--
-- Five contexts (docs/SECURITY-MODEL.md), set per transaction with SET LOCAL:
--   agency  rows of app.partition_id          unit    rows of app.unit_id, in whichever partition
--   person  rows of app.person_id in app.partition_id
--   nation  de-identified rows, only while a recorded purpose (app.purpose_id) is set
--   system  sign-in, job dispatch, sequencing: content-free tables only
-- No context, or an empty one on a reused connection, sees nothing.

-- One line per table states who may do what; the schema test prints the same lines from the catalogue.
-- A verb is: none | read | append (read, insert) | write (read, insert, update) | full (write, delete).
create function access_matrix(
    t regclass, agency text, unit text, person text, nation text, system text
) returns void language plpgsql as $$
declare
    ctx constant text := $x$nullif(current_setting('app.context', true), '')$x$;
    own_partition constant text := $x$partition_id = nullif(current_setting('app.partition_id', true), '')::uuid$x$;
    scope text; verb text; condition text; grants text[] := '{}';
begin
    execute format('alter table %s enable row level security', t);
    execute format('alter table %s force row level security', t);
    foreach scope in array array['agency', 'unit', 'person', 'nation', 'system'] loop
        verb := case scope when 'agency' then agency when 'unit' then unit when 'person' then person
                           when 'nation' then nation else system end;
        condition := format('%s = %L', ctx, scope) || case scope
            when 'agency' then ' and ' || own_partition
            when 'unit' then $x$ and unit_id = nullif(current_setting('app.unit_id', true), '')::uuid$x$
            when 'person' then ' and ' || own_partition
                || $x$ and person_id = nullif(current_setting('app.person_id', true), '')::uuid$x$
            when 'nation' then $x$ and nullif(current_setting('app.purpose_id', true), '') is not null$x$
            else '' end;
        if verb = 'none' then continue; end if;
        if verb not in ('read', 'append', 'write', 'full') then
            raise exception 'access_matrix: unknown verb % for % on %', verb, scope, t;
        end if;
        execute format('create policy %I on %s for select using (%s)', scope || '_read', t, condition);
        grants := array_append(grants, 'select');
        if verb in ('append', 'write', 'full') then
            execute format('create policy %I on %s for insert with check (%s)', scope || '_insert', t, condition);
            grants := array_append(grants, 'insert');
        end if;
        if verb in ('write', 'full') then
            execute format('create policy %I on %s for update using (%s) with check (%s)', scope || '_update', t, condition, condition);
            grants := array_append(grants, 'update');
        end if;
        if verb = 'full' then
            execute format('create policy %I on %s for delete using (%s)', scope || '_delete', t, condition);
            grants := array_append(grants, 'delete');
        end if;
    end loop;
    execute format('revoke all on %s from public, minhbach_app', t);
    if cardinality(grants) > 0 then
        execute format('grant %s on %s to minhbach_app', array_to_string(array(select distinct unnest(grants)), ', '), t);
    end if;
end $$;

-- A control agency's partition (phân vùng dữ liệu). Reference table: names of public bodies, no personal data.
create table partition (
    id uuid primary key,
    code text not null unique check (code ~ '^[A-Z0-9][A-Z0-9.-]{0,34}$'),
    name text not null check (name <> ''),
    -- law.md §1.1: 1 Thanh tra Chính phủ … 8 Party bodies; 0 the centre's own operations (sign-in, national reads).
    agency_type smallint not null check (agency_type between 0 and 8),
    province_code text,
    created_at timestamptz not null
);
-- The nil partition is the log of acts that belong to no control agency.
insert into partition (id, code, name, agency_type, created_at)
values ('00000000-0000-0000-0000-000000000000', 'TRUNG-UONG', 'Vận hành trung ương', 0, '2019-07-01 00:00:00+07');
grant select, insert on partition to minhbach_app;

-- Data keys and log-signing keys wrapped by the master key of the key file (crate seal). Useless without that file.
create table partition_key (
    partition_id uuid not null references partition (id),
    id uuid not null,
    wrapped bytea not null,
    -- How many cells the key has sealed, as far as the database knows; decides when it is time for a new one.
    sealed_cells bigint not null default 0 check (sealed_cells >= 0),
    primary key (partition_id, id)
);
-- Re-wrapping after a change of master key is the owner's work; the service counts, and cannot destroy.
grant select, insert, update (sealed_cells) on partition_key to minhbach_app;

-- Whatever happened, in ids and hashes only: no names, texts or amounts, so that it can be kept for ever and shown.
create table event (
    partition_id uuid not null references partition (id),
    id uuid not null,
    unit_id uuid,
    person_id uuid,
    -- One act may touch several partitions; its events share the act.
    act_id uuid not null,
    name text not null check (name ~ '^[a-z_]+(\.[a-z_]+)+$'),
    account_id uuid,
    occurred_at timestamptz not null,
    nonce bytea not null check (octet_length(nonce) = 32),
    -- Canonical JSON (RFC 8785), byte for byte what the leaf was made from.
    body text not null check (octet_length(body) <= 65536),
    leaf_hash bytea not null check (octet_length(leaf_hash) = 32),
    primary key (partition_id, id)
);
create index event_person on event (partition_id, person_id, id) where person_id is not null;
create index event_name on event (partition_id, name, id);
select access_matrix('event', agency => 'append', unit => 'append', person => 'append', nation => 'none', system => 'append');
-- A national read is itself an event of the centre's log; the nation context may write it and see none.
create policy nation_insert on event for insert with check (
    nullif(current_setting('app.context', true), '') = 'nation'
    and nullif(current_setting('app.purpose_id', true), '') is not null
    and partition_id = '00000000-0000-0000-0000-000000000000');

-- Events that wait for their place in the log. Whoever may write an event may queue it; only the sequencer empties it.
create table event_queue (
    partition_id uuid not null,
    event_id uuid not null,
    primary key (partition_id, event_id),
    foreign key (partition_id, event_id) references event (partition_id, id)
);
alter table event_queue enable row level security;
alter table event_queue force row level security;
create policy any_insert on event_queue for insert with check (nullif(current_setting('app.context', true), '') is not null);
create policy system_read on event_queue for select using (nullif(current_setting('app.context', true), '') = 'system');
create policy system_delete on event_queue for delete using (nullif(current_setting('app.context', true), '') = 'system');
grant select, insert, delete on event_queue to minhbach_app;

-- The partition's RFC 9162 tree. Proofs are for everyone who may see the event; the rows hold hashes only.
create table log_leaf (
    partition_id uuid not null,
    leaf_index bigint not null check (leaf_index >= 0),
    event_id uuid not null,
    leaf_hash bytea not null check (octet_length(leaf_hash) = 32),
    primary key (partition_id, leaf_index),
    unique (partition_id, event_id),
    foreign key (partition_id, event_id) references event (partition_id, id)
);
-- Complete subtrees above the leaves, so that a proof reads O(log n) rows.
create table log_node (
    partition_id uuid not null references partition (id),
    level smallint not null check (level between 1 and 62),
    node_index bigint not null check (node_index >= 0),
    hash bytea not null check (octet_length(hash) = 32),
    primary key (partition_id, level, node_index)
);
create table log_checkpoint (
    partition_id uuid not null references partition (id),
    tree_size bigint not null check (tree_size >= 0),
    root bytea not null check (octet_length(root) = 32),
    note text not null,
    created_at timestamptz not null,
    primary key (partition_id, tree_size)
);
grant select, insert on log_leaf, log_node, log_checkpoint to minhbach_app;
do $$
declare t text;
begin
    foreach t in array array['log_leaf', 'log_node', 'log_checkpoint'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format($x$create policy any_read on %I for select using (nullif(current_setting('app.context', true), '') is not null)$x$, t);
        execute format($x$create policy system_insert on %I for insert with check (nullif(current_setting('app.context', true), '') = 'system')$x$, t);
    end loop;
end $$;

-- The log's promise handed out with an act, before its leaf has a place.
create table log_promise (
    partition_id uuid not null,
    event_id uuid not null,
    unit_id uuid,
    person_id uuid,
    promise text not null,
    due_at timestamptz not null,
    primary key (partition_id, event_id),
    foreign key (partition_id, event_id) references event (partition_id, id)
);
select access_matrix('log_promise', agency => 'append', unit => 'append', person => 'append', nation => 'none', system => 'append');

-- Work to be done after an act, enqueued in the act's own transaction. Payloads hold ids only.
create table job (
    partition_id uuid not null references partition (id),
    id uuid not null,
    unit_id uuid,
    person_id uuid,
    kind text not null,
    payload_version smallint not null,
    payload jsonb not null,
    state text not null check (state in ('WAITING', 'RUNNING', 'DONE', 'FAILED')),
    run_at timestamptz not null,
    attempts smallint not null default 0,
    leased_until timestamptz,
    leased_by uuid,
    dedup_key text,
    last_error text,
    created_at timestamptz not null,
    finished_at timestamptz,
    primary key (partition_id, id),
    unique (partition_id, kind, dedup_key)
);
create index job_due on job (run_at) where state in ('WAITING', 'RUNNING');
select access_matrix('job', agency => 'append', unit => 'append', person => 'append', nation => 'none', system => 'write');

-- The answer given to a write that carried an idempotency key, so that asking twice acts once.
create table idempotency (
    partition_id uuid not null references partition (id),
    account_id uuid not null,
    key text not null check (length(key) between 8 and 100),
    unit_id uuid,
    person_id uuid,
    request_hash bytea not null check (octet_length(request_hash) = 32),
    answer jsonb not null,
    created_at timestamptz not null,
    primary key (partition_id, account_id, key)
);
select access_matrix('idempotency', agency => 'append', unit => 'append', person => 'append', nation => 'none', system => 'append');

-- A stored file: sealed bytes in the file store under the SHA-256 of the sealed bytes.
create table file (
    partition_id uuid not null references partition (id),
    id uuid not null,
    unit_id uuid,
    person_id uuid,
    kind text not null check (kind in ('SCAN', 'PAGE_IMAGE', 'DECLARATION_PDF', 'SLIP_PDF', 'OTHER')),
    media_type text not null,
    size_bytes bigint not null check (size_bytes >= 0),
    original_sha256 bytea not null check (octet_length(original_sha256) = 32),
    sealed_sha256 bytea not null check (octet_length(sealed_sha256) = 32),
    name_sealed bytea,
    created_at timestamptz not null,
    created_by uuid not null,
    primary key (partition_id, id)
);
create index file_original on file (partition_id, original_sha256);
select access_matrix('file', agency => 'append', unit => 'append', person => 'append', nation => 'none', system => 'none');

-- Why an officer of the centre looked at national figures.
create table purpose (
    id uuid primary key,
    account_id uuid not null,
    code text not null,
    reference text,
    created_at timestamptz not null
);
alter table purpose enable row level security;
alter table purpose force row level security;
create policy system_read on purpose for select using (nullif(current_setting('app.context', true), '') = 'system');
create policy system_insert on purpose for insert with check (nullif(current_setting('app.context', true), '') = 'system');
grant select, insert on purpose to minhbach_app;
