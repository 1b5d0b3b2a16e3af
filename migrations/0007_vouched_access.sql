-- What lets someone in is vouched for by the service: a MAC under the centre's key over the row's identity and secrets.
-- A row that somebody wrote straight into the database opens nothing. Rows from before get theirs once, at the first
-- start after this migration, which the log records.
alter table account add column vouch bytea check (octet_length(vouch) = 32);
alter table account_role add column vouch bytea check (octet_length(vouch) = 32);
alter table session add column vouch bytea check (octet_length(vouch) = 32);
alter table api_token add column vouch bytea check (octet_length(vouch) = 32);
