//! Typst remembers what it typeset in a process-wide cache; printing must leave nothing of a person in it, also when it
//! fails. Alone in its process: any other print would empty the cache too.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Utc};
use paper::print::{ActivationSlip, DEBIAN_FONT_DIR, Fonts, PrintError, activation_slips_pdf};

static RUNS: AtomicUsize = AtomicUsize::new(0);

/// Remembered in the same cache as Typst's own work; counts how often it really ran.
#[comemo::memoize]
fn remembered(input: u32) -> u32 {
    RUNS.fetch_add(1, Ordering::SeqCst);
    input
}

#[test]
fn the_cache_is_empty_after_a_print_that_worked_and_one_that_failed() {
    let fonts = Fonts::load(Path::new(DEBIAN_FONT_DIR)).expect("Debian package fonts-liberation2");
    let dated: DateTime<Utc> = "2025-12-01T01:00:00Z".parse().expect("RFC 3339");
    let slip = ActivationSlip {
        full_name: "Đỗ Hữu Nghĩa".into(),
        unit_name: "Sở Tài chính tỉnh Lâm Đồng".into(),
        user_name: "nghia.dh".into(),
        code: "K7QM2XRT9V01WD4P".into(),
        address: "https://kekhai.example/kich-hoat".into(),
        expires_at: dated,
    };
    let runs = || {
        remembered(1);
        RUNS.load(Ordering::SeqCst)
    };
    assert_eq!((runs(), runs()), (1, 1), "remembered until something is printed");

    activation_slips_pdf(&fonts, std::slice::from_ref(&slip), dated).expect("printed");
    assert_eq!((runs(), runs()), (2, 2), "forgotten after a print");

    let error = activation_slips_pdf(&fonts, &[slip], DateTime::<Utc>::MAX_UTC).expect_err("no such year in a PDF");
    assert!(matches!(error, PrintError::Date(_)), "{error}");
    assert_eq!((runs(), runs()), (3, 3), "forgotten after a failure");
}
