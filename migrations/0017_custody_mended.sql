-- A package is emptied only when its file was declined or taken back: neither side destroys what waits or was taken.
drop policy agency_empty on custody_package;
create policy agency_empty on custody_package for update
    using (nullif(current_setting('app.context', true), '') = 'agency'
           and nullif(current_setting('app.partition_id', true), '')::uuid in (partition_id, to_partition_id)
           and exists (select from custody_transfer t
                       where t.partition_id = custody_package.partition_id and t.id = custody_package.id
                         and t.state in ('DECLINED', 'WITHDRAWN')))
    with check (nullif(current_setting('app.context', true), '') = 'agency'
                and nullif(current_setting('app.partition_id', true), '')::uuid in (partition_id, to_partition_id)
                and package_sealed is null);

-- A copy was begun with its first version, as a declaration of this partition is.
create or replace view declaration_known with (security_invoker = true) as
select n.partition_id, n.person_id, n.id, n.version_id, n.kind, n.completed_on, n.created_at,
       d.completed_on as begun_on, d.created_at as begun_at
from declaration_now n join declaration d on d.partition_id = n.partition_id and d.id = n.id
union all
select o.partition_id, o.person_id, o.declaration_id, o.version_id, o.kind, o.completed_on, o.recorded_at, f.completed_on, f.recorded_at
from custody_original o
     join custody_original f on f.partition_id = o.partition_id and f.person_id = o.person_id
                                and f.declaration_id = o.declaration_id and f.version = 1
where not exists (select from custody_original later where later.partition_id = o.partition_id and later.person_id = o.person_id
                    and later.declaration_id = o.declaration_id and later.version > o.version);
