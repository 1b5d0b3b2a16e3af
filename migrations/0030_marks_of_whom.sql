-- A mark is of the version's own unit and person: before, whoever wrote it said so, and only the hash in the event of the version told.
-- With the policies (own person; own unit, whose people may be of several partitions) nobody marks a version of others.
alter table declaration_version add constraint declaration_version_of_unit unique (partition_id, id, unit_id, person_id);
alter table declaration_mark add constraint declaration_mark_of_whom foreign key (partition_id, version_id, unit_id, person_id)
    references declaration_version (partition_id, id, unit_id, person_id);
