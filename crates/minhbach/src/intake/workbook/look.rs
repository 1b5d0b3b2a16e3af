//! What officers and programs see of a workbook: how far it is, and what came of its rows.
use super::layout::Layout;
use super::model::{Fault, State, Taken, Workbook};
use super::receive::is_stalled;
use super::{jobs, store};
use crate::kernel::id::{IntakeId, WorkbookId};
use crate::kernel::{Actor, App, Error, Event, Result, Tx};

/// A workbook without anything under seal.
#[derive(Debug)]
pub struct Progress {
    pub workbook: Workbook,
    /// It is under way by its state, but no job is left to do it.
    pub is_stalled: bool,
}

/// How far a workbook is. Nothing under seal is opened.
pub async fn progress(app: &App, actor: &Actor, id: WorkbookId) -> Result<Progress> {
    app.db.read(actor, "workbook.progress_view", async |tx| progress_in(tx, id).await).await
}

async fn progress_in(tx: &mut Tx, id: WorkbookId) -> Result<Progress> {
    let workbook = store::find(tx, id).await?;
    let is_stalled = is_stalled(tx, &workbook).await?;
    Ok(Progress { workbook, is_stalled })
}

/// What came of a row, with what is wrong in it.
#[derive(Debug)]
pub struct Line {
    /// The sheet's name.
    pub sheet: String,
    pub place: (i16, i32),
    pub intake: Option<IntakeId>,
    pub is_same: bool,
    pub paper: Option<super::super::State>,
    pub faults: Vec<Fault>,
}

/// Which rows are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub with_faults: bool,
    /// After this sheet and row.
    pub after: (i16, i32),
    pub limit: i64,
}

/// A workbook with the name of its file and what came of some of its rows.
#[derive(Debug)]
pub struct Opened {
    pub progress: Progress,
    pub name: String,
    pub lines: Vec<Line>,
}

/// Opens a workbook: the name of its file and what is wrong in its cells are under seal, so looking is one recorded access.
pub async fn open(app: &App, actor: &Actor, id: WorkbookId, asked: Asked) -> Result<Opened> {
    app.db
        .read(actor, "workbook.open", async |tx| {
            let progress = progress_in(tx, id).await?;
            let name = open_name(tx, &progress.workbook)?;
            let rows = store::rows(tx, &progress.workbook, asked.with_faults, asked.after, asked.limit).await?;
            let names = sheets(app, &progress.workbook);
            let mut lines = Vec::with_capacity(rows.len());
            for row in rows {
                lines.push(line(tx, &progress.workbook, &names, row)?);
            }
            let count = lines.iter().map(|line| line.faults.len()).sum::<usize>();
            tx.record(
                Event::new("workbook.opened", progress.workbook.partition)
                    .id("workbook", id)
                    .count("faults", i64::try_from(count).unwrap_or(i64::MAX)),
            )?;
            Ok(Opened { progress, name, lines })
        })
        .await
}

/// The name the file came with. The caller records the access.
pub fn open_name(tx: &mut Tx, workbook: &Workbook) -> Result<String> {
    match &workbook.name {
        Some(name) => tx.open(workbook.partition, workbook.file.0, name),
        None => Ok("bảng tính".to_owned()),
    }
}

fn line(tx: &mut Tx, workbook: &Workbook, names: &[String], row: Taken) -> Result<Line> {
    let faults = match &row.faults_sealed {
        Some(sealed) => tx.open(workbook.partition, jobs::seal_name(workbook.id, row.sheet, row.row), sealed)?,
        None => Vec::new(),
    };
    let sheet = usize::try_from(row.sheet).ok().and_then(|at| names.get(at)).cloned().unwrap_or_default();
    let place = (row.sheet, row.row);
    Ok(Line { sheet, place, intake: row.intake, is_same: row.is_same, paper: row.paper, faults })
}

/// The names of the sheets of a workbook's form.
fn sheets(app: &App, workbook: &Workbook) -> Vec<String> {
    let form = workbook.form.as_deref().unwrap_or_default();
    let of = app.law.rule_sets.iter().rev().find_map(|rules| Some((rules, rules.form(form)?)));
    let plans = of.map(|(rules, form)| Layout::of(rules, form).plans).unwrap_or_default();
    plans.into_iter().map(|plan| plan.name).collect()
}

/// The original, byte for byte as it came; taking it out is recorded.
pub async fn original(app: &App, actor: &Actor, id: WorkbookId) -> Result<(String, Vec<u8>)> {
    let (workbook, name) = app
        .db
        .read(actor, "workbook.take_out", async |tx| {
            let workbook = store::find(tx, id).await?;
            let name = open_name(tx, &workbook)?;
            tx.record(
                Event::new("workbook.taken_out", workbook.partition).id("workbook", id).id("file", workbook.file),
            )?;
            Ok((workbook, name))
        })
        .await?;
    let bytes = app.open_file(workbook.partition, workbook.file, &workbook.sealed_sha256).await?;
    Ok((name, bytes))
}

/// A workbook of a list, with the name of its file.
#[derive(Debug)]
pub struct Listed {
    pub workbook: Workbook,
    pub name: String,
}

/// The newest workbooks with the names of their files: one recorded access.
pub async fn list(app: &App, actor: &Actor, before: Option<WorkbookId>, limit: i64) -> Result<Vec<Listed>> {
    app.db
        .read(actor, "workbook.list", async |tx| {
            let partition = tx.actor().agency().ok_or(Error::Forbidden)?;
            let mut listed = Vec::new();
            for workbook in store::list(tx, before, limit).await? {
                let name = open_name(tx, &workbook)?;
                listed.push(Listed { workbook, name });
            }
            if !listed.is_empty() {
                let count = i64::try_from(listed.len()).unwrap_or(i64::MAX);
                tx.record(Event::new("workbook.list_opened", partition).count("workbooks", count))?;
            }
            Ok(listed)
        })
        .await
}

/// "Đã xem 400 trên 2.000 người; khoảng 95 người mỗi giây, còn khoảng 17 giây."
pub fn told(workbook: &Workbook, now: chrono::DateTime<chrono::Utc>) -> String {
    let group = |n: i32| viet::number::group(i64::from(n));
    match (workbook.state, workbook.people) {
        (State::Received, _) => "Bản gốc đã lưu; đang chờ đến lượt nhập.".to_owned(),
        (State::Importing, None) => "Đang đọc tệp.".to_owned(),
        (State::Importing, Some(people)) => {
            let done = workbook.people_done;
            let seconds = workbook.started_at.map_or(0, |at| (now - at).num_seconds());
            let mut said = format!("Đã nhập {} trên {} người. Có thể rời trang này.", group(done), group(people));
            if seconds >= 2 && done > 0 {
                let rate = i64::from(done) / seconds;
                let left = i64::from(people - done) * seconds / i64::from(done);
                said += &format!(" Khoảng {} người mỗi giây, còn khoảng {}.", viet::number::group(rate), lasting(left));
            }
            said
        }
        (State::Done, _) => format!(
            "{} bản kê khai chờ đối chiếu được lập, {} dòng đã nhập từ trước, {} dòng chưa lập được; {} ô cần sửa.",
            group(workbook.papers),
            group(workbook.same),
            group(workbook.left_out),
            group(workbook.faults)
        ),
        (State::Refused, _) => workbook.why(),
    }
}

fn lasting(seconds: i64) -> String {
    match seconds {
        ..=59 => format!("{seconds} giây"),
        60..=3599 => format!("{} phút", seconds.div_euclid(60) + 1),
        _ => format!("{} giờ", seconds.div_euclid(3600) + 1),
    }
}
