-- Papers on their way to becoming data, in ids and words only: what the nation may count without seeing a paper.
-- A paper that was received and is not yet on record is a declaration that is not digitised (milestone of
-- Quyết định 390/QĐ-TTg); until an officer has checked it nobody knows whose it is or of which year. Written in the
-- transaction of every change of a paper's state.
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

insert into paper_progress (partition_id, id, state)
select partition_id, id, case state when 'ACCEPTED' then 'RECORDED' when 'SET_ASIDE' then 'PUT_AWAY' else 'WAITING' end from intake;
