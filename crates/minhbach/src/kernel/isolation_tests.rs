//! The database is the judge: what holds even when the code is wrong. Raw SQL as role `minhbach_app`, behind the service's back.
use sqlx::{AssertSqlSafe, Executor, PgPool, Row};

use crate::kernel::id::{OrganisationId, PartitionId, PersonId};
use crate::testing::TestApp;

/// Tables that hold rows of a partition, from the catalogue.
const TENANT_TABLES: &str =
    "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'partition_id'
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
      and c.relname not in ('partition_key', 'routing_rule', 'account', 'account_role') order by 1";

async fn names(pool: &PgPool, sql: &'static str) -> Vec<String> {
    sqlx::query_scalar(sql).fetch_all(pool).await.unwrap()
}

#[tokio::test]
async fn every_tenant_table_is_guarded_by_the_database() {
    let test = TestApp::new().await;
    let pool = test.app.db.raw_pool();
    let tables = names(pool, TENANT_TABLES).await;
    assert!(tables.len() >= 20, "{tables:?}");
    let unguarded = names(
        pool,
        "select relname from pg_class c where relkind = 'r' and relnamespace = 'public'::regnamespace and not (relrowsecurity and relforcerowsecurity)
         and relname not in ('_sqlx_migrations', 'partition', 'partition_key', 'organisation', 'routing_rule', 'admin_unit') order by 1",
    )
    .await;
    assert_eq!(unguarded, Vec::<String>::new(), "tables without forced row-level security");
    let bad_keys = names(
        pool,
        "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'partition_id'
         join pg_index i on i.indrelid = c.oid and i.indisprimary
         where c.relkind = 'r' and i.indkey[0] <> a.attnum and c.relname not in ('routing_rule', 'account', 'account_role')",
    )
    .await;
    assert_eq!(bad_keys, Vec::<String>::new(), "primary keys that do not begin with partition_id");
    let foreign = names(
        pool,
        "select c.conname from pg_constraint c join pg_class t on t.oid = c.conrelid join pg_class f on f.oid = c.confrelid
         where c.contype = 'f' and exists (select from pg_attribute where attrelid = f.oid and attname = 'partition_id')
           and f.relname not in ('account', 'account_role', 'routing_rule', 'partition_key')
           and not exists (select from pg_attribute where attrelid = t.oid and attname = 'partition_id' and attnum = any(c.conkey))",
    )
    .await;
    assert_eq!(foreign, Vec::<String>::new(), "foreign keys into a partition that do not carry partition_id");
    let triggers = names(pool, "select tgname::text from pg_trigger where not tgisinternal").await;
    assert_eq!(triggers, Vec::<String>::new(), "triggers do not distribute");
    let owned = names(pool, "select relname from pg_class where relowner = 'minhbach_app'::regrole").await;
    assert_eq!(owned, Vec::<String>::new(), "the application owns nothing");
}

/// Who may do what to which table, as the catalogue says it. Reviewed: a change here is a change of the security model.
#[tokio::test]
async fn the_access_matrix_is_the_reviewed_one() {
    let test = TestApp::new().await;
    let rows = sqlx::query(
        "select p.tablename::text as t, p.policyname::text as p, p.cmd::text as c,
                (select string_agg(g.privilege_type, ',' order by g.privilege_type) from information_schema.role_table_grants g
                 where g.grantee = 'minhbach_app' and g.table_name = p.tablename) as g
         from pg_policies p where p.schemaname = 'public' order by 1, 2",
    )
    .fetch_all(test.app.db.raw_pool())
    .await
    .unwrap();
    let mut lines: Vec<String> = Vec::new();
    let mut last = String::new();
    for row in rows {
        let (table, policy, command): (String, String, String) = (row.get("t"), row.get("p"), row.get("c"));
        if table != last {
            lines.push(format!("{table}: grants {}", row.get::<Option<String>, _>("g").unwrap_or_default()));
            last = table;
        }
        lines.push(format!("  {policy} ({command})"));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

/// Runs SQL as the application in a context of its own making, as someone would who holds the application's password.
async fn count_in(pool: &PgPool, settings: &str, table: &str) -> i64 {
    let mut tx = pool.acquire().await.unwrap();
    tx.execute(AssertSqlSafe(format!("begin; {settings}"))).await.unwrap();
    let count: Result<i64, _> =
        sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}"))).fetch_one(&mut *tx).await;
    tx.execute("rollback").await.unwrap();
    match count {
        Ok(count) => count,
        // No privilege at all is as good as seeing nothing.
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42501") => 0,
        Err(error) => panic!("{table}: {error}"),
    }
}

fn agency(id: PartitionId) -> String {
    format!("set local app.context = 'agency'; set local app.partition_id = '{id}'")
}

fn unit(id: OrganisationId) -> String {
    format!("set local app.context = 'unit'; set local app.unit_id = '{id}'")
}

fn person(partition: PartitionId, id: PersonId) -> String {
    format!(
        "set local app.context = 'person'; set local app.partition_id = '{partition}'; set local app.person_id = '{id}'"
    )
}

#[tokio::test]
async fn rows_of_others_are_invisible_and_unchangeable() {
    let test = TestApp::new().await;
    let (ours, theirs) = (test.agency().await, test.agency().await);
    let (unit_a, unit_b) = (test.unit().await, test.unit().await);
    let (first, _) = test.declarant(ours, unit_a, "Nguyễn Văn Một", "051080000101").await;
    let (second, _) = test.declarant(ours, unit_a, "Nguyễn Văn Hai", "051080000102").await;
    test.declarant(ours, unit_b, "Nguyễn Văn Ba", "051080000103").await;
    test.declarant(theirs, unit_a, "Nguyễn Văn Bốn", "051080000104").await;
    let pool = test.app.db.raw_pool();

    assert_eq!(count_in(pool, &agency(ours), "person").await, 3);
    assert_eq!(count_in(pool, &agency(theirs), "person").await, 1);
    // A unit whose people belong to two agencies sees them all; another unit of the same agency sees only its own.
    assert_eq!(count_in(pool, &unit(unit_a), "person").await, 3);
    assert_eq!(count_in(pool, &unit(unit_b), "person").await, 1);
    assert_eq!(count_in(pool, &person(ours, first), "person").await, 1);
    assert_eq!(count_in(pool, &person(ours, second), "obligation").await, 1);
    assert_eq!(count_in(pool, &person(theirs, first), "obligation").await, 0);

    // In every tenant table: no context, an empty one, an unknown one and half a one see nothing.
    for table in names(pool, TENANT_TABLES).await {
        for settings in [
            "select 1",
            "set local app.context = ''; set local app.partition_id = ''; set local app.unit_id = ''",
            "set local app.context = 'superuser'",
            "set local app.context = 'agency'",
            "set local app.context = 'unit'",
            "set local app.context = 'person'",
            "set local app.context = 'nation'",
        ] {
            if settings.contains("context = '") && table.starts_with("log_") && !settings.contains("''") {
                continue; // hashes of the log are for every context, docs/SECURITY-MODEL.md
            }
            assert_eq!(count_in(pool, settings, &table).await, 0, "{table} under {settings}");
        }
    }

    // What is not visible cannot be changed, and rows cannot be planted elsewhere.
    for (settings, sql, why) in [
        (
            agency(theirs),
            format!("update person set unit_id = unit_id where partition_id = '{ours}'"),
            "another agency's rows",
        ),
        (
            unit(unit_b),
            format!("update person set unit_id = unit_id where unit_id = '{unit_a}'"),
            "another unit's rows",
        ),
        (
            person(ours, first),
            format!("update obligation set updated_by = 'x' where person_id = '{second}'"),
            "another person's rows",
        ),
    ] {
        let mut conn = pool.acquire().await.unwrap();
        conn.execute(AssertSqlSafe(format!("begin; {settings}"))).await.unwrap();
        let changed = conn.execute(AssertSqlSafe(sql)).await.map(|done| done.rows_affected()).unwrap_or(0);
        conn.execute("rollback").await.unwrap();
        assert_eq!(changed, 0, "{why}");
    }
    let planted = {
        let mut conn = pool.acquire().await.unwrap();
        conn.execute(AssertSqlSafe(format!("begin; {}", agency(theirs)))).await.unwrap();
        let outcome = conn
            .execute(AssertSqlSafe(format!(
                "insert into obligation (partition_id, id, unit_id, person_id, kind, year, rule_set, due_on, created_at, updated_at, updated_by)
                 values ('{ours}', gen_random_uuid(), '{unit_a}', '{first}', 'FIRST', 2025, 'R1_ND130', '2025-12-31', now(), now(), 'x')"
            )))
            .await;
        conn.execute("rollback").await.unwrap();
        outcome
    };
    assert!(planted.is_err(), "a row planted in another partition");
}

/// Tables of hashes, which every context may read: that a log grew is no secret (docs/SECURITY-MODEL.md).
const HASHES_FOR_ALL: [&str; 3] = ["log_leaf", "log_node", "log_checkpoint"];

/// Addressed to every unit and to everyone under its agency, who read it and do no more: a number and days
/// (docs/SECURITY-MODEL.md).
const ADDRESSED: &str = "campaign_plan";

/// Where messages go, and how far a log was read for news; `$1` the partition.
const TOLD: &[&str] = &[
    "insert into notification_address (partition_id, account_id, address_sealed, updated_at, updated_by)
     values ($1, gen_random_uuid(), 'sealed', now(), 'test')",
    "insert into news_mark (partition_id, next_leaf, updated_at, updated_by) values ($1, 0, now(), 'test')
     on conflict do nothing",
];

/// A copy handed out, a signature and its stamp of one person; what is stated of their assets.
const SIGNED: &[&str] = &[
    "insert into signing_copy (partition_id, id, unit_id, person_id, subject, subject_id, root_id, file_id, pdf_hash, created_at, created_by)
     values ($1, gen_random_uuid(), $2, $3, 'DECLARATION', $3, $3, $3, decode(repeat('00', 32), 'hex'), now(), $3)",
    "insert into signature (partition_id, id, unit_id, person_id, subject, subject_id, root_id, side, channel, paper_on, record_hash, created_at, created_by)
     values ($1, gen_random_uuid(), $2, $3, 'DECLARATION', $3, $3, 'DECLARANT', 'PAPER', '2025-12-08', decode(repeat('00', 32), 'hex'), now(), $3)",
    "insert into signature_stamp (partition_id, signature_id, unit_id, person_id, stamped_at, token_sealed, report_sealed, record_hash, created_at)
     values ($1, gen_random_uuid(), $2, $3, now(), 'sealed', 'sealed', decode(repeat('00', 32), 'hex'), now())",
    "insert into signature_data (partition_id, signature_id, unit_id, person_id, document_hash, verdict, value_hash, cms_sealed,
                                 report_sealed, record_hash, created_at, created_by)
     values ($1, gen_random_uuid(), $2, $3, decode(repeat('00', 32), 'hex'), 'VALID', decode(repeat('00', 32), 'hex'), 'sealed',
             'sealed', decode(repeat('00', 32), 'hex'), now(), $3)",
    "insert into signature_act (partition_id, signature_id, unit_id, person_id, act, reason_sealed, record_hash, created_at, created_by)
     values ($1, gen_random_uuid(), $2, $3, 'WITHDRAWN', 'sealed', decode(repeat('00', 32), 'hex'), now(), $3)",
    "insert into asset_statement (partition_id, id, unit_id, person_id, number, one_version_id, one_asset, other_version_id, other_asset,
                                  is_same, reason_sealed, record_hash, created_at, created_by)
     values ($1, gen_random_uuid(), $2, $3, 1, gen_random_uuid(), 0, gen_random_uuid(), 0, true, 'sealed',
             decode(repeat('00', 32), 'hex'), now(), $3)",
];

/// A row stands in every tenant table; from every foreign context, on one connection used again and again, none of them
/// is seen, changed or deleted. A new table without a row here fails the test.
#[tokio::test]
async fn a_row_in_every_table_is_out_of_reach_from_every_foreign_context() {
    let test = TestApp::new().await;
    let (ours, unit_a) = crate::audit::tests::worked(&test).await;
    crate::intake::desk_tests::paper_with_image(&test, ours).await;
    let (_, drafted) = test.declarant(ours, unit_a, "Bùi Thị Nháp", "051180000888").await;
    let drafter = test.declarant_browser(&drafted).await;
    test.post(Some(&drafter), &format!("/ke-khai/{}/bat-dau", drafted.id), &[]).await;
    // Asked and answered: the unit, and one of its people.
    let asking = test.officer(crate::kernel::Role::IntakeOfficer, ours).await;
    let of_unit = test.unit_officer(ours, unit_a).await;
    for (who, number) in [(&of_unit, "1/TTT"), (&drafter, "2/TTT")] {
        crate::inquiry::tests::asked_and_answered(&test, &asking, who, drafted.person, number).await;
    }
    crate::intake::workbook::tests::imported(&test, &asking, "Quách Thị Ô Tính").await;
    let older = crate::intake::older_tests::recorded(&test, &asking, drafted.person, "Bùi Thị Nháp").await;
    crate::intake::older_tests::moved(&test, &asking, older, "Kho lưu trữ mới, hộp 1").await;
    let practising = test.officer(crate::kernel::Role::AgencyAdmin, ours).await;
    let once = crate::kernel::Once::new("practise-once", b"practice").unwrap();
    crate::practice::acts::begin(&test.app, &practising.actor, None, &once).await.unwrap();
    // A file that left and one that came.
    let (before, after) = (test.agency().await, test.agency().await);
    crate::custody::tests::sent(&test, ours, after, "Tạ Thị Đi", "051180000891").await;
    crate::custody::tests::taken(&test, before, ours, "Hồ Văn Sang", "051080000892").await;
    // Strangers: a colleague with rows of their own, another unit of the agency, another agency and its people.
    let (unit_b, theirs) = (test.unit().await, test.agency().await);
    let (colleague, _) = test.declarant(ours, unit_a, "Lê Văn Khác", "051080000889").await;
    let (far, _) = test.declarant(theirs, unit_b, "Vũ Thị Xa", "051180000890").await;
    let contexts = [
        ("another agency", agency(theirs), None),
        ("another unit of the agency", unit(unit_b), None),
        ("a colleague", person(ours, colleague), Some(colleague)),
        ("a person of another agency", person(theirs, far), None),
        ("a person named to another agency", person(theirs, drafted.person), None),
    ];
    let mut owner = crate::testing::owner().await;
    let before = "insert into person_before (partition_id, id, unit_id, person_id, line_sealed, changed_at, changed_by)
                  values ($1, gen_random_uuid(), $2, $3, 'sealed', now(), $3)";
    sqlx::query(before).bind(ours.0).bind(unit_a.0).bind(drafted.person.0).execute(&mut owner).await.unwrap();
    // Time would have to pass for this one; its keys are not looked at here.
    owner.execute("set session_replication_role = replica").await.unwrap();
    let fact = "insert into non_submission (partition_id, id, unit_id, person_id, obligation_id, due_on, second_id, second_number,
                    second_answer_by, recorded_on, explanation_sealed, record_hash, created_at, created_by)
                select partition_id, gen_random_uuid(), unit_id, person_id, obligation_id, due_on, id, 2, answer_by, answer_by + 1,
                    'sealed', record_hash, now(), created_by from reminder where partition_id = $1";
    sqlx::query(fact).bind(ours.0).execute(&mut owner).await.unwrap();
    // Sign-in's own: where messages go, and how far a log was read for news.
    owner.execute("set session_replication_role = replica").await.unwrap();
    for row in TOLD {
        sqlx::query(*row).bind(ours.0).execute(&mut owner).await.unwrap();
    }
    for row in SIGNED {
        sqlx::query(*row).bind(ours.0).bind(unit_a.0).bind(drafted.person.0).execute(&mut owner).await.unwrap();
    }
    let pool = test.app.db.raw_pool();
    let mut tables = names(pool, TENANT_TABLES).await;
    tables.extend(["account", "account_role"].map(str::to_owned));
    let with_person: Vec<String> =
        names(pool, "select table_name::text from information_schema.columns where column_name = 'person_id'").await;
    let mut conn = pool.acquire().await.unwrap();
    let mut asked = 0;
    for table in tables.iter().filter(|t| !HASHES_FOR_ALL.contains(&t.as_str())) {
        let there: i64 =
            sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table} where partition_id = '{ours}'")))
                .fetch_one(&mut owner)
                .await
                .unwrap();
        // The queue is empty as soon as the sequencer has run; its rows are ids of events.
        assert!(there > 0 || table == "event_queue", "{table}: this test has no row to look for; let it make one");
        for (who, settings, own) in &contexts {
            let mut rows = format!("{table} where partition_id = '{ours}'");
            if let (Some(own), true) = (own, with_person.contains(table)) {
                rows += &format!(" and person_id is distinct from '{own}'");
            }
            let (of, condition) = rows.split_once(" where ").unwrap();
            for sql in [
                format!("select 1 from {rows}"),
                format!("update {of} set partition_id = partition_id where {condition}"),
                format!("delete from {rows}"),
            ] {
                conn.execute(AssertSqlSafe(format!("begin; {settings}"))).await.unwrap();
                let outcome = conn.execute(AssertSqlSafe(sql.clone())).await;
                conn.execute("rollback").await.unwrap();
                let reached = match outcome {
                    Ok(done) => done.rows_affected(),
                    // No privilege at all is as good as seeing nothing.
                    Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42501") => 0,
                    Err(error) => panic!("{who}: {sql}: {error}"),
                };
                let is_told = ["another unit of the agency", "a colleague"].contains(who);
                let told = u64::from(table == ADDRESSED && is_told && sql.starts_with("select"));
                assert_eq!(reached, told, "{who}: {sql}");
                asked += 1;
            }
        }
    }
    assert!(asked > 300, "{asked}");
}

#[tokio::test]
async fn what_is_append_only_cannot_be_changed_even_by_its_own_agency() {
    let test = TestApp::new().await;
    let ours = test.agency().await;
    let pool = test.app.db.raw_pool();
    for table in [
        "event",
        "declaration",
        "declaration_version",
        "asset_fact",
        "declaration_mark",
        "receipt",
        "reminder",
        "reminder_delivery",
        "non_submission",
        "campaign_plan",
        "custody_original",
        "signing_copy",
        "signature",
        "signature_stamp",
        "signature_data",
        "inquiry",
        "inquiry_step",
        "inquiry_file",
        "older_declaration",
        "older_act",
        "workbook_row",
        "asset_statement",
        "shortcoming",
        "file",
        "log_leaf",
        "log_checkpoint",
        "idempotency",
    ] {
        for sql in [format!("update {table} set partition_id = partition_id"), format!("delete from {table}")] {
            let mut conn = pool.acquire().await.unwrap();
            conn.execute(AssertSqlSafe(format!("begin; {}", agency(ours)))).await.unwrap();
            let outcome = conn.execute(AssertSqlSafe(sql.clone())).await;
            conn.execute("rollback").await.unwrap();
            let code = match outcome {
                Err(sqlx::Error::Database(error)) => error.code().map(|c| c.into_owned()),
                other => panic!("{sql}: {other:?}"),
            };
            assert_eq!(code.as_deref(), Some("42501"), "{sql}");
        }
    }
}

#[tokio::test]
async fn a_reused_connection_remembers_nothing() {
    let test = TestApp::new().await;
    let ours = test.agency().await;
    let unit_a = test.unit().await;
    test.declarant(ours, unit_a, "Nguyễn Văn Năm", "051080000105").await;
    let pool = test.app.db.raw_pool();
    let mut conn = pool.acquire().await.unwrap();
    conn.execute(AssertSqlSafe(format!("begin; {}", agency(ours)))).await.unwrap();
    let seen: i64 = sqlx::query_scalar("select count(*) from person").fetch_one(&mut *conn).await.unwrap();
    conn.execute("commit").await.unwrap();
    assert_eq!(seen, 1);
    // The settings are now empty strings on this connection, not unset: policies must not fail on them.
    let seen: i64 = sqlx::query_scalar("select count(*) from person").fetch_one(&mut *conn).await.unwrap();
    assert_eq!(seen, 0);
}

/// The look-ups of a token take the system's context for their own statement only, and never inside a transaction, whose
/// context they would change.
#[tokio::test]
async fn a_look_up_of_a_token_gives_its_context_back() {
    let test = TestApp::new().await;
    let ours = test.agency().await;
    let officer = test.officer(crate::kernel::Role::AgencyAdmin, ours).await;
    let mut conn = test.app.db.without_context().await.unwrap();
    let sessions = "select count(*) from session";
    for look_up in ["select count(*) from session_holder($1)", "select count(*) from api_token_holder($1, now())"] {
        let found: i64 = sqlx::query_scalar(look_up).bind(&[7u8; 32][..]).fetch_one(&mut *conn).await.unwrap();
        assert_eq!(found, 0);
        let seen: i64 = sqlx::query_scalar(sessions).fetch_one(&mut *conn).await.unwrap();
        assert_eq!(seen, 0, "the context outlived {look_up}");
        let (actor, asked) = (&officer.actor, look_up);
        let inside = test.app.db.read(actor, "test.look_up", async |tx| {
            Ok(sqlx::query(asked).bind(&[7u8; 32][..]).fetch_one(tx.conn()).await.map(|_| ())?)
        });
        assert!(format!("{:?}", inside.await.unwrap_err()).contains("outside a transaction"), "{look_up}");
    }
    // With the context there is something to see: the officer's own session.
    conn.execute("begin; set local app.context = 'system'").await.unwrap();
    let seen: i64 = sqlx::query_scalar(sessions).fetch_one(&mut *conn).await.unwrap();
    conn.execute("rollback").await.unwrap();
    assert!(seen > 0);
}

/// Cancelled requests leave no connection inside a transaction (sqlx 4393): BEGIN and COMMIT run in tasks of their own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_request_leaves_no_open_transaction() {
    let test = TestApp::new().await;
    let ours = test.agency().await;
    let actor = crate::kernel::Actor::system_in(ours);
    for polls in 0..200u32 {
        let db = test.app.db.clone();
        let work = async move {
            let _ = db
                .read(&actor, "test.cancelled", async |tx| Ok(sqlx::query("select 1").execute(tx.conn()).await?))
                .await;
        };
        tokio::select! {
            biased;
            () = async { for _ in 0..polls % 6 { tokio::task::yield_now().await; } } => {}
            () = work => {}
        }
    }
    let pool = test.app.db.raw_pool();
    for _ in 0..16 {
        let mut conn = pool.acquire().await.unwrap();
        let partition: Option<String> =
            sqlx::query_scalar("select nullif(current_setting('app.partition_id', true), '')")
                .fetch_one(&mut *conn)
                .await
                .unwrap();
        assert_eq!(partition, None, "a connection still inside another request's transaction");
    }
}
