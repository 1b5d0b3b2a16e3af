-- Signatures of the acts (Luật Giao dịch điện tử 2023, Nghị định 23/2025/NĐ-CP; note 1 of Phụ lục I of Nghị định
-- 130/2020/NĐ-CP for the form on paper): the file handed out to be signed, what came back, and a signature on paper.

-- The bytes handed out, once for each side of each thing: a signature is judged against them, and they never change.
create table signing_copy (
    partition_id uuid not null references partition (id),
    id uuid not null,
    unit_id uuid not null,
    person_id uuid,
    -- Which act: a version of a declaration, a batch handed over.
    subject text not null check (subject in ('DECLARATION', 'HAND_OVER')),
    subject_id uuid not null,
    -- The declaration or batch it belongs to, as its pages know it.
    root_id uuid not null,
    file_id uuid not null,
    pdf_hash bytea not null check (octet_length(pdf_hash) = 32),
    created_at timestamptz not null,
    created_by uuid not null,
    primary key (partition_id, id),
    foreign key (partition_id, file_id) references file (partition_id, id),
    check ((subject = 'DECLARATION') = (person_id is not null)),
    constraint signing_copy_once unique (partition_id, subject, subject_id)
);
select access_matrix('signing_copy', agency => 'read', unit => 'append', person => 'append', nation => 'none', system => 'none');

-- A signature, once for each side of each thing. Nothing of it is ever changed.
create table signature (
    partition_id uuid not null references partition (id),
    id uuid not null,
    unit_id uuid not null,
    person_id uuid,
    subject text not null check (subject in ('DECLARATION', 'HAND_OVER')),
    subject_id uuid not null,
    root_id uuid not null,
    -- Whose it is in the act.
    side text not null check (side in ('DECLARANT', 'UNIT')),
    channel text not null check (channel in ('DIGITAL', 'PAPER')),
    -- DIGITAL: the copy handed out, the signed file, and what the judgement came to; INVALID is never stored.
    copy_id uuid,
    file_id uuid,
    verdict text check (verdict in ('VALID', 'NOT_DECIDED')),
    -- When the signer says they signed; the value a time stamp is over, hashed.
    signed_at timestamptz,
    value_hash bytea check (octet_length(value_hash) = 32),
    certificate_sealed bytea,
    report_sealed bytea,
    -- PAPER: the day on the sheet; who recorded it is created_by.
    paper_on date,
    record_hash bytea not null check (octet_length(record_hash) = 32),
    created_at timestamptz not null,
    created_by uuid not null,
    primary key (partition_id, id),
    foreign key (partition_id, copy_id) references signing_copy (partition_id, id),
    foreign key (partition_id, file_id) references file (partition_id, id),
    check ((subject = 'DECLARATION') = (person_id is not null)),
    check ((subject = 'DECLARATION') = (side = 'DECLARANT')),
    check (num_nonnulls(copy_id, file_id, verdict, value_hash, certificate_sealed, report_sealed)
           = case channel when 'DIGITAL' then 6 else 0 end),
    check ((channel = 'PAPER') = (paper_on is not null)),
    constraint signature_once unique (partition_id, subject, subject_id, side)
);
create index signature_root on signature (partition_id, root_id);
select access_matrix('signature', agency => 'read', unit => 'append', person => 'append', nation => 'none', system => 'none');

-- The time stamp over a signature, when the authority answered. Put down by a job in the agency's context.
create table signature_stamp (
    partition_id uuid not null,
    signature_id uuid not null,
    unit_id uuid not null,
    person_id uuid,
    stamped_at timestamptz not null,
    token_sealed bytea not null,
    report_sealed bytea not null,
    record_hash bytea not null check (octet_length(record_hash) = 32),
    created_at timestamptz not null,
    primary key (partition_id, signature_id),
    foreign key (partition_id, signature_id) references signature (partition_id, id)
);
select access_matrix('signature_stamp', agency => 'append', unit => 'read', person => 'read', nation => 'none', system => 'none');
