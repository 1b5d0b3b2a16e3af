-- A time stamp over the detached signature too (RFC 3161), beside the one over the signature in the file; and the database itself
-- holds a detached signature to the kind it can stand beside: a declarant's own, made with a key, over their declaration.

alter table signature_stamp add column beside text not null default 'FILE' check (beside in ('FILE', 'DATA'));
-- The detached signature it is over.
alter table signature_stamp add column data_id uuid generated always as (case when beside = 'DATA' then signature_id end) stored;
alter table signature_stamp drop constraint signature_stamp_pkey;
alter table signature_stamp add primary key (partition_id, signature_id, beside);
alter table signature_stamp add foreign key (partition_id, data_id) references signature_data (partition_id, signature_id);

create policy own_declaration on signature_data as restrictive for insert with check (
    exists (
        select from signature s
        where s.partition_id = signature_data.partition_id and s.id = signature_data.signature_id
            and s.unit_id = signature_data.unit_id and s.person_id = signature_data.person_id
            and s.subject = 'DECLARATION' and s.side = 'DECLARANT' and s.channel = 'DIGITAL'
    )
);
