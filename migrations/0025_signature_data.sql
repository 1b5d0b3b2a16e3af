-- The detached signature (CMS) of a declarant over the document itself, beside the one in the printed file: the canonical bytes
-- whose hash stands in the log (Luật Giao dịch điện tử 2023; Nghị định 23/2025/NĐ-CP). Nothing of it is ever changed.
create table signature_data (
    partition_id uuid not null references partition (id),
    signature_id uuid not null,
    unit_id uuid not null,
    person_id uuid not null,
    -- SHA-256 of the document it is over.
    document_hash bytea not null check (octet_length(document_hash) = 32),
    verdict text not null check (verdict in ('VALID', 'NOT_DECIDED')),
    value_hash bytea not null check (octet_length(value_hash) = 32),
    cms_sealed bytea not null,
    report_sealed bytea not null,
    record_hash bytea not null check (octet_length(record_hash) = 32),
    created_at timestamptz not null,
    created_by uuid not null,
    primary key (partition_id, signature_id),
    foreign key (partition_id, signature_id) references signature (partition_id, id)
);
select access_matrix('signature_data', agency => 'read', unit => 'read', person => 'append', nation => 'none', system => 'none');
