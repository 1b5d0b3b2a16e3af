-- What is new for somebody: what the log has of it, told on their pages and, to an address they gave, that there is news.
-- No text is kept here: a message says only that there is something to read after signing in.

-- How far the news of one role were looked at; an event's id is ordered by the time it was made.
create table news_seen (
    account_role_id uuid primary key references account_role (id),
    -- The newest an event could have been that was shown; what was being committed meanwhile stays new.
    seen_id uuid not null,
    seen_at timestamptz not null
);
-- Sign-in's own tables: nobody's context but the system's reads them.
select access_matrix('news_seen', agency => 'none', unit => 'none', person => 'none', nation => 'none', system => 'write');

-- The address an account gave for messages (thư điện tử). Used when the code sent to it came back.
create table notification_address (
    -- The partition of the account when it was given; its key seals the address.
    partition_id uuid not null references partition (id),
    account_id uuid not null unique references account (id),
    address_sealed bytea,
    confirmed_at timestamptz,
    -- When the mail server refused the address for good.
    refused_at timestamptz,
    code_sealed bytea,
    code_expires_at timestamptz,
    code_failures smallint not null default 0 check (code_failures >= 0),
    -- Codes sent on one day, so that nobody is flooded through us.
    codes_on date,
    codes_sent smallint not null default 0 check (codes_sent >= 0),
    -- What waits to be sent.
    code_owed_at timestamptz,
    news_owed_at timestamptz,
    try_at timestamptz,
    failures smallint not null default 0 check (failures >= 0),
    -- The last message about news, as long as nobody looked since: the next waits a day.
    mailed_at timestamptz,
    updated_at timestamptz not null,
    updated_by text not null,
    primary key (partition_id, account_id),
    check ((code_sealed is null) = (code_expires_at is null)),
    check (address_sealed is not null or num_nonnulls(confirmed_at, refused_at, code_sealed, code_owed_at, news_owed_at) = 0),
    check (code_owed_at is null or code_sealed is not null),
    check (news_owed_at is null or confirmed_at is not null),
    check ((try_at is null) = (num_nonnulls(code_owed_at, news_owed_at) = 0))
);
create index notification_address_due on notification_address (try_at) where try_at is not null;
select access_matrix('notification_address', agency => 'none', unit => 'none', person => 'none', nation => 'none', system => 'write');

-- How far each log was read for news: they follow the log, so none is told of what was not committed and none is left out.
create table news_mark (
    partition_id uuid primary key references partition (id),
    next_leaf bigint not null check (next_leaf >= 0),
    updated_at timestamptz not null,
    updated_by text not null
);
select access_matrix('news_mark', agency => 'none', unit => 'none', person => 'none', nation => 'none', system => 'write');

-- What is new for a unit is asked across the agencies that control its people.
create index event_unit on event (unit_id, name, id) where unit_id is not null;
-- Whom an event of the log is news for.
create index account_role_person on account_role (partition_id, person_id) where revoked_at is null and role = 'DECLARANT';
create index account_role_unit on account_role (unit_id) where revoked_at is null and role = 'UNIT_OFFICER';
create index account_role_agency on account_role (partition_id) where revoked_at is null and role = 'INTAKE_OFFICER';

-- How many events of these names are new for a role, at most `most`, none older than `since`. Asked with every page, outside any
-- transaction: like the look-ups of a token it takes the system's context for its own statement and gives it back.
create function news_count(
    asked_role uuid, audience text, partition uuid, unit uuid, person uuid, asked_by uuid, names text[], since uuid, most bigint
) returns bigint language plpgsql as $$
declare
    seen uuid;
    found_new bigint;
begin
    if nullif(current_setting('app.context', true), '') is not null then
        raise exception 'news are counted outside a transaction';
    end if;
    perform set_config('app.context', 'system', true);
    select s.seen_id into seen from news_seen s where s.account_role_id = asked_role;
    seen := greatest(seen, since);
    found_new := case audience
        when 'DECLARANT' then (select count(*) from (
            select from event e where e.partition_id = partition and e.person_id = person and e.id > seen and e.name = any (names)
            and e.account_id is distinct from asked_by limit most) as few)
        when 'UNIT_OFFICER' then (select count(*) from (
            select from event e where e.unit_id = unit and e.name = any (names) and e.id > seen limit most) as few)
        when 'INTAKE_OFFICER' then (select count(*) from (
            -- What its own officers did is no news to an agency.
            select from event e where e.partition_id = partition and e.name = any (names) and e.id > seen
            and (e.body::jsonb #>> '{actor,context}' is distinct from 'agency' or not exists (
                select from account a where a.id = e.account_id and a.partition_id = partition))
            limit most) as few)
        else 0 end;
    perform set_config('app.context', '', true);
    return found_new;
end $$;
revoke all on function news_count(uuid, text, uuid, uuid, uuid, uuid, text[], uuid, bigint) from public;
grant execute on function news_count(uuid, text, uuid, uuid, uuid, uuid, text[], uuid, bigint) to minhbach_app;
