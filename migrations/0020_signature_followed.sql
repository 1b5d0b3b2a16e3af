-- Signatures that are followed: withdrawn with a reason, decided by the other side where the judgement left something open;
-- a new one stands in the place of one that ended. More that is signed: the receipt, the agency's side of a hand-over, the
-- minutes of a publication. (Luật Giao dịch điện tử 2023; note 1 of Phụ lục I, articles 38 and 39 of Nghị định
-- 130/2020/NĐ-CP.)

-- What came of a signature after it was put on record. Nothing of it is ever changed.
create table signature_act (
    partition_id uuid not null references partition (id),
    signature_id uuid not null,
    unit_id uuid not null,
    person_id uuid,
    -- WITHDRAWN by who signed (what was recorded on paper: by the unit that recorded it); ACCEPTED or REFUSED by the other
    -- side, where something could not be decided.
    act text not null check (act in ('WITHDRAWN', 'ACCEPTED', 'REFUSED')),
    reason_sealed bytea not null,
    record_hash bytea not null check (octet_length(record_hash) = 32),
    created_at timestamptz not null,
    created_by uuid not null,
    -- The signature that ended by this act: what a later one may follow.
    ended_id uuid generated always as (case when act <> 'ACCEPTED' then signature_id end) stored,
    primary key (partition_id, signature_id, act),
    foreign key (partition_id, signature_id) references signature (partition_id, id),
    constraint signature_ended_once unique (partition_id, ended_id)
);
create unique index signature_decided_once on signature_act (partition_id, signature_id) where act <> 'WITHDRAWN';
select access_matrix('signature_act', agency => 'append', unit => 'append', person => 'append', nation => 'none', system => 'none');

-- Which shape the record's hash has: 1 without, 2 with when and by whom it was put down, what it follows and stands over.
alter table signature add column record_version smallint not null default 1 check (record_version in (1, 2));
-- The ended signature in whose place it stands.
alter table signature add column follows_id uuid;
-- The other side's signature over whose file this one was made; otherwise it is over the copy handed out.
alter table signature add column over_id uuid;
alter table signature add foreign key (partition_id, follows_id) references signature_act (partition_id, ended_id);
alter table signature add foreign key (partition_id, over_id) references signature (partition_id, id);
alter table signature add check (over_id is null or channel = 'DIGITAL');
-- One at a time: the first of its side, or in the place of one that ended, once.
alter table signature drop constraint signature_once;
create unique index signature_first on signature (partition_id, subject, subject_id, side) where follows_id is null;
create unique index signature_followed_once on signature (partition_id, follows_id) where follows_id is not null;

-- More that is signed, and by whom.
alter table signing_copy drop constraint signing_copy_subject_check;
alter table signing_copy add check (subject in ('DECLARATION', 'HAND_OVER', 'MINUTES'));
alter table signature drop constraint signature_subject_check;
alter table signature drop constraint signature_side_check;
do $$
declare
    found text[];
begin
    select array_agg(conname) into found from pg_constraint
    where conrelid = 'signature'::regclass and contype = 'c' and pg_get_constraintdef(oid) like '%DECLARANT%';
    if cardinality(found) <> 1 then
        raise exception 'one constraint ties a subject to its side, not %', found;
    end if;
    execute format('alter table signature drop constraint %I', found[1]);
end $$;
alter table signature add constraint signature_side_of_subject check (
    (subject, side) in (
        ('DECLARATION', 'DECLARANT'), ('DECLARATION', 'RECEIVER'), ('HAND_OVER', 'UNIT'), ('HAND_OVER', 'AGENCY'),
        ('MINUTES', 'HEAD'), ('MINUTES', 'UNION')
    )
);

-- The agency signs its side of a hand-over, and nothing else; a declarant signs with a key only; a unit never for them with
-- a key, nor for the agency.
create policy agency_insert on signature for insert with check (
    nullif(current_setting('app.context', true), '') = 'agency'
    and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid
);
create policy own_side on signature as restrictive for insert with check (
    case nullif(current_setting('app.context', true), '')
        when 'person' then side = 'DECLARANT' and channel = 'DIGITAL'
        when 'agency' then side = 'AGENCY'
        when 'unit' then side not in ('DECLARANT', 'AGENCY') or (side = 'DECLARANT' and channel = 'PAPER')
        else false
    end
);
-- What ends or decides a signature is put down in the name of who may: a declarant only withdraws.
create policy own_act on signature_act as restrictive for insert with check (
    nullif(current_setting('app.context', true), '') <> 'person' or act = 'WITHDRAWN'
);
