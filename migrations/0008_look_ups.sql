-- Questions asked on every request, each in one round trip. Functions, because what each needs comes before its question:
-- the look-ups of a token a context, the answer kept for a key its turn.

-- The look-ups of a token are asked outside any transaction, where a connection has no context and sees nothing. They take
-- the system's for their own statement and give it back; inside a transaction, which has a context of its own, they refuse.
-- The context need not reach other nodes: the tables asked are those of the node that signs people in.

-- Who holds a bearer token.
create function api_token_holder(hash bytea, moment timestamptz) returns table (
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
        where t.token_hash = hash and t.revoked_at is null and t.expires_at > moment;
    perform set_config('app.context', '', true);
end $$;

-- Whose session a cookie names, with what the head of every page shows.
create function session_holder(hash bytea) returns table (
    account_id uuid, csrf_secret bytea, purpose_id uuid, last_seen_at timestamptz, expires_at timestamptz,
    role text, partition_id uuid, unit_id uuid, person_id uuid, partition_name text, unit_name text,
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
               r.role, r.partition_id, r.unit_id, r.person_id, p.name, o.name,
               a.partition_id, a.badge_sealed, r.id, r.vouch, s.vouch,
               a.login, a.unit_id, a.person_id, a.state,
               a.password_hash, a.activation_hash, a.activation_expires_at, a.vouch
        from session s join account_role r on r.id = s.account_role_id and r.revoked_at is null
             join account a on a.id = s.account_id and a.state = 'ACTIVE'
             join partition p on p.id = r.partition_id left join organisation o on o.id = r.unit_id
        where s.token_hash = hash and s.ended_at is null;
    perform set_config('app.context', '', true);
end $$;

-- Takes the turn of an idempotency key until the transaction ends, then looks what was answered before. Each statement of
-- a volatile function has its own snapshot: the look comes after the wait, and sees what was committed meanwhile.
create function answer_in_turn(turn bigint, partition uuid, account uuid, once text) returns table (
    request_hash bytea, answer jsonb
) language plpgsql as $$
#variable_conflict use_column
begin
    perform pg_advisory_xact_lock(turn);
    return query
        select i.request_hash, i.answer from idempotency i
        where i.partition_id = partition and i.account_id = account and i.key = once;
end $$;

revoke all on function api_token_holder(bytea, timestamptz), session_holder(bytea), answer_in_turn(bigint, uuid, uuid, text) from public;
grant execute on function api_token_holder(bytea, timestamptz), session_holder(bytea), answer_in_turn(bigint, uuid, uuid, text)
    to minhbach_app;
