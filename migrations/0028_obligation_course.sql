-- How far an obligation to declare is (articles 33 to 38), as one word that follows from its columns. The code has the same words and
-- the steps between them (`person::course`); `verify-log` walks them event by event.
alter table obligation add column state text generated always as (
    case when taken_back then 'TAKEN_BACK'
         when received_on is not null then 'RECEIVED'
         when declared_at is not null then 'DECLARED'
         when ended_on is not null then 'ENDED'
         else 'OPEN' end
) stored;
alter table obligation add constraint obligation_state
    check (state in ('OPEN', 'DECLARED', 'RECEIVED', 'ENDED', 'TAKEN_BACK'));
