-- Two texts people type stood in the clear; and runs of a job that failed are told from runs that were cut off.

-- Why the centre looked (a file number, or whatever was typed) goes under seal, with the centre's key.
-- No installation but practice ones holds any: there is nothing to carry over, and SQL could not seal it.
alter table purpose drop column reference;
alter table purpose add column reference_sealed bytea;

-- What an administrator called a token goes under seal, with the key of the partition of its role.
alter table api_token drop column label;
alter table api_token add column label_sealed bytea;

-- `attempts` counts runs begun, so that a job which takes the process down with it ends; `failures` counts runs that
-- came back with an error. A run cut off by a power failure is the first and not the second.
alter table job add column failures smallint not null default 0 check (failures >= 0);
