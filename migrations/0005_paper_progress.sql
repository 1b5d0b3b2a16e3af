-- Papers on their way to becoming data, in ids and words only: what the nation may count without seeing a paper.
-- A paper that was received and is not yet on record is a declaration that is not digitised (milestone of
-- Quyết định 390/QĐ-TTg); until an officer has checked it nobody knows whose it is or of which year.
create table paper_progress (
    partition_id uuid not null,
    id uuid not null,
    -- WAITING to be read or checked; RECORDED as a declaration; PUT_AWAY as no declaration or a duplicate.
    state text not null check (state in ('WAITING', 'RECORDED', 'PUT_AWAY')),
    primary key (partition_id, id),
    foreign key (partition_id, id) references intake (partition_id, id)
);
create index paper_progress_waiting on paper_progress (partition_id) where state = 'WAITING';
select access_matrix('paper_progress', agency => 'write', unit => 'none', person => 'none', nation => 'read', system => 'none');

create function paper_state(intake_state text) returns text language sql immutable as $$
    select case intake_state when 'ACCEPTED' then 'RECORDED' when 'SET_ASIDE' then 'PUT_AWAY' else 'WAITING' end
$$;

-- In the same transaction as every change of a paper's state, so that the figures cannot part from the papers.
create function follow_paper() returns trigger language plpgsql as $$
begin
    insert into paper_progress (partition_id, id, state) values (new.partition_id, new.id, paper_state(new.state))
    on conflict (partition_id, id) do update set state = excluded.state where paper_progress.state <> excluded.state;
    return new;
end $$;
create trigger follow_paper after insert or update of state on intake for each row execute function follow_paper();

insert into paper_progress (partition_id, id, state) select partition_id, id, paper_state(state) from intake;
