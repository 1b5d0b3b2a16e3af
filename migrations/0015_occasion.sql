-- Declarations owed on an occasion (articles 34.4, 36.2, 36.4): supplementary ones, those for personnel work and those of
-- candidates. A year may ask for several of each; first and annual ones stay one a year.
alter table obligation drop constraint obligation_kind_check;
alter table obligation drop constraint obligation_partition_id_person_id_kind_year_key;
alter table obligation
    add column nth smallint not null default 1 check (nth between 1 and 99),
    -- What a declaration for personnel work, or of a candidate, is asked for, and the day it is planned for.
    add column occasion text,
    add column occasion_on date,
    -- Ended because it was opened by mistake, or its occasion came to nothing: not owed again when its person comes back.
    add column taken_back boolean not null default false check (not taken_back or (ended_on is not null and declared_at is null)),
    add constraint obligation_kind_check check (kind in ('FIRST', 'ANNUAL', 'SUPPLEMENT', 'PERSONNEL', 'CANDIDATE')),
    add constraint obligation_once unique (partition_id, person_id, kind, year, nth),
    add constraint obligation_one_a_year check (nth = 1 or kind not in ('FIRST', 'ANNUAL')),
    add constraint obligation_occasion_check check (case kind
        when 'PERSONNEL' then occasion in ('ELECTION', 'APPROVAL', 'APPOINTMENT', 'REAPPOINTMENT', 'OTHER_POST')
        when 'CANDIDATE' then occasion in ('NATIONAL_ASSEMBLY', 'PEOPLES_COUNCIL')
        else occasion is null end),
    add constraint obligation_occasion_asked check (kind not in ('PERSONNEL', 'CANDIDATE') or occasion is not null),
    add constraint obligation_occasion_day check ((occasion is null) = (occasion_on is null));
-- Owed once for one occasion, unless it ended unfulfilled.
create unique index obligation_of_occasion on obligation (partition_id, person_id, kind, occasion, occasion_on)
    where occasion is not null and ended_on is null;
-- One supplementary declaration at a time.
create unique index obligation_open_supplement on obligation (partition_id, person_id, year)
    where kind = 'SUPPLEMENT' and declared_at is null and ended_on is null;
