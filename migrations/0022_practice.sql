-- A partition for training: invented people beside the real ones (bản thực hành), founded for one agency and begun anew
-- by it. To the service it is a partition like any other; to the nation's figures it is none.

-- The agency a practice partition was made for.
alter table partition add column practice_of uuid references partition (id);
-- The practice partition an invented body belongs to: no rule of article 30 gives its people to anybody else.
alter table organisation add column practice_in uuid references partition (id);

-- What a control agency asked for: a world of its own to practise in, until it is closed or begun anew.
create table practice_round (
    partition_id uuid not null references partition (id),
    id uuid not null,
    state text not null check (state in ('BUILDING', 'OPEN', 'FAILED', 'CLOSED')),
    -- Parts of the world that are built, for who waits.
    built smallint not null default 0 check (built >= 0),
    -- The partition it is, and what the names of its accounts begin with; none before it is whole.
    practice_id uuid references partition (id),
    prefix text check (prefix ~ '^[a-z0-9]{4,12}$'),
    -- The one password of its accounts, under the agency's key; none once closed.
    password_sealed bytea,
    created_at timestamptz not null,
    created_by uuid not null,
    updated_at timestamptz not null,
    updated_by text not null,
    primary key (partition_id, id),
    check (state <> 'OPEN' or (practice_id is not null and prefix is not null and password_sealed is not null)),
    check (state <> 'CLOSED' or password_sealed is null)
);
-- One at a time.
create unique index practice_round_one on practice_round (partition_id) where state in ('BUILDING', 'OPEN');
create index practice_round_of on practice_round (practice_id) where practice_id is not null;
-- Sign-in asks whether a world is open.
select access_matrix('practice_round', agency => 'write', unit => 'none', person => 'none', nation => 'none', system => 'read');

-- Whether a partition's roles open anything: a real one's always, a world of practice's while its round is open. Judged at the
-- door, so that closing is at once, whatever accounts were issued inside and whatever a run that was cut off left behind.
create function is_entered(partition uuid) returns boolean language sql stable as $$
    select exists (select from partition p where p.id = partition
                   and (p.practice_of is null
                        or exists (select from practice_round w where w.practice_id = p.id and w.state = 'OPEN')))
$$;
revoke all on function is_entered(uuid) from public;
grant execute on function is_entered(uuid) to minhbach_app;

-- Invented people are in no figure of the nation: what it may read, it reads of real partitions only.
do $$
declare
    t text;
begin
    foreach t in array array['obligation', 'paper_progress', 'asset_fact', 'asset_fact_replaced'] loop
        execute format($policy$
            create policy nation_no_practice on %I as restrictive for select using (
                nullif(current_setting('app.context', true), '') is distinct from 'nation'
                or not exists (select from partition p where p.id = partition_id and p.practice_of is not null))
        $policy$, t);
    end loop;
end $$;

-- Whose session a cookie names, with what the head of every page shows; now also whether they practise.
drop function session_holder(bytea);
create function session_holder(hash bytea) returns table (
    account_id uuid, csrf_secret bytea, purpose_id uuid, last_seen_at timestamptz, expires_at timestamptz,
    role text, partition_id uuid, unit_id uuid, person_id uuid, partition_name text, unit_name text, practises boolean,
    account_partition uuid, badge_sealed bytea, role_id uuid, role_vouch bytea, session_vouch bytea,
    login text, account_unit uuid, account_person uuid, state text,
    password_hash text, activation_hash bytea, activation_expires_at timestamptz, account_vouch bytea
) language plpgsql as $$
#variable_conflict use_column
begin
    if nullif(current_setting('app.context', true), '') is not null then
        raise exception 'a look-up of a token is asked outside a transaction';
    end if;
    perform set_config('app.context', 'system', true);
    return query
        select s.account_id, s.csrf_secret, s.purpose_id, s.last_seen_at, s.expires_at,
               r.role, r.partition_id, r.unit_id, r.person_id, p.name, o.name, p.practice_of is not null,
               a.partition_id, a.badge_sealed, r.id, r.vouch, s.vouch,
               a.login, a.unit_id, a.person_id, a.state,
               a.password_hash, a.activation_hash, a.activation_expires_at, a.vouch
        from session s join account_role r on r.id = s.account_role_id and r.revoked_at is null
             join account a on a.id = s.account_id and a.state = 'ACTIVE'
             join partition p on p.id = r.partition_id left join organisation o on o.id = r.unit_id
        where s.token_hash = hash and s.ended_at is null and is_entered(r.partition_id);
    perform set_config('app.context', '', true);
end $$;
revoke all on function session_holder(bytea) from public;
grant execute on function session_holder(bytea) to minhbach_app;

-- Who holds a bearer token; of a world of practice nobody once it is closed.
create or replace function api_token_holder(hash bytea, moment timestamptz) returns table (
    account_id uuid, role text, partition_id uuid, unit_id uuid, person_id uuid, role_id uuid, expires_at timestamptz,
    token_vouch bytea, role_vouch bytea, login text, account_partition uuid, account_unit uuid, account_person uuid, state text,
    password_hash text, activation_hash bytea, activation_expires_at timestamptz, account_vouch bytea
) language plpgsql as $$
#variable_conflict use_column
begin
    if nullif(current_setting('app.context', true), '') is not null then
        raise exception 'a look-up of a token is asked outside a transaction';
    end if;
    perform set_config('app.context', 'system', true);
    return query
        select r.account_id, r.role, r.partition_id, r.unit_id, r.person_id, r.id, t.expires_at,
               t.vouch, r.vouch, a.login, a.partition_id, a.unit_id, a.person_id, a.state,
               a.password_hash, a.activation_hash, a.activation_expires_at, a.vouch
        from api_token t join account_role r on r.id = t.account_role_id and r.revoked_at is null
             join account a on a.id = r.account_id and a.state = 'ACTIVE'
        where t.token_hash = hash and t.revoked_at is null and t.expires_at > moment and is_entered(r.partition_id);
    perform set_config('app.context', '', true);
end $$;
