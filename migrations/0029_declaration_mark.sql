-- What of a version may stand word for word in the declarations of others (signal I18): blind indexes under the partition's key of
-- longer explanations and of the figures of section III. They tell that two are alike, not what they say. Written with the version,
-- never changed; the event of the version holds their hash.
create table declaration_mark (
    partition_id uuid not null,
    version_id uuid not null,
    unit_id uuid not null,
    person_id uuid not null,
    path text not null,
    mark bytea not null check (octet_length(mark) = 32),
    primary key (partition_id, version_id, path),
    foreign key (partition_id, version_id) references declaration_version (partition_id, id)
);
create index declaration_mark_alike on declaration_mark (partition_id, mark);
select access_matrix('declaration_mark', agency => 'append', unit => 'none', person => 'none', nation => 'none', system => 'none');
-- Whoever writes a version writes its marks: its declarant, or the unit that puts a correction down. Neither reads them back: whom
-- one is alike is for the agency's eyes.
create policy person_insert on declaration_mark for insert with check (
    nullif(current_setting('app.context', true), '') = 'person'
    and partition_id = nullif(current_setting('app.partition_id', true), '')::uuid
    and person_id = nullif(current_setting('app.person_id', true), '')::uuid);
create policy unit_correction on declaration_mark for insert with check (
    nullif(current_setting('app.context', true), '') = 'unit'
    and unit_id = nullif(current_setting('app.unit_id', true), '')::uuid);
