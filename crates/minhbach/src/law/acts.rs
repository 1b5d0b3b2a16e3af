//! Rules that no single declaration answers: they hold for an act (signing, receipt, hand-over, publication …). For each the
//! act that holds them, and a test in which it is broken and one in which it is kept.
use form::{LawBook, RuleSet};

/// Where a rule of the acts is held.
struct Held {
    rule: &'static str,
    /// What the service does, in words for the catalogue.
    how: &'static str,
    /// A test in which it is broken, where it can be; a test in which it is kept. Path below the crate's sources, function.
    broken: Option<(&'static str, &'static str)>,
    kept: (&'static str, &'static str),
}

const HELD: &[Held] = &[
    Held {
        rule: "G01",
        how: "Bản gửi có phương thức khác với nghĩa vụ không được nhận (`other_kind`).",
        broken: Some(("declaration/tests.rs", "the_api_takes_no_other_kind_than_is_owed")),
        kept: ("declaration/tests.rs", "the_api_drafts_submits_once_and_proves"),
    },
    Held {
        rule: "G07",
        how: "Bản in, bản hiển thị lấy tên gọi và thứ tự từ định nghĩa biểu mẫu; công khai che nội dung nhưng giữ mọi đề mục.",
        // By construction: nothing writes a heading but the definition.
        broken: None,
        kept: ("declaration/summary.rs", "a_record_reads_in_the_forms_order_with_units_and_words"),
    },
    Held {
        rule: "G08",
        how: "Ký điện tử cả tệp, từng phép kiểm tra được ghi lại; hoặc đơn vị ghi ngày ký trên giấy.",
        broken: Some(("signature/tests.rs", "a_file_that_fails_a_check_leaves_only_that_it_was_refused")),
        kept: ("signature/tests.rs", "a_declaration_is_signed_told_check_by_check_and_in_the_log"),
    },
    Held {
        rule: "G09",
        how: "Một bản ở đơn vị, một bản bàn giao cho cơ quan kiểm soát theo biên bản; bản thiếu được nêu tên và bàn giao lại.",
        broken: Some(("handover/tests.rs", "one_that_was_missing_is_handed_over_again")),
        kept: ("handover/tests.rs", "what_was_received_is_handed_over_and_taken_with_one_record"),
    },
    Held {
        rule: "G10",
        how: "Chưa ghi họ tên, chức vụ, ngày nhận thì chưa là tiếp nhận.",
        broken: Some(("declaration/tests.rs", "received_by_the_unit")),
        kept: ("declaration/tests.rs", "a_whole_declaration_is_typed_sent_once_and_received"),
    },
    Held {
        rule: "G11",
        how: "Không lập bản bổ sung của năm mà người đó kê khai hằng năm; bản bổ sung còn mở kết thúc khi mở đợt.",
        broken: Some(("declaration/occasion_tests.rs", "nobody_supplements_a_year_they_declare_annually")),
        kept: (
            "declaration/occasion_tests.rs",
            "one_supplement_at_a_time_and_what_was_opened_by_mistake_is_taken_back",
        ),
    },
    Held {
        rule: "I04",
        how: "Kỳ tính thu nhập do hệ thống tính: từ ngày của lần kê khai trước đến hết ngày trước ngày hoàn thành.",
        // By construction: nobody types the period.
        broken: None,
        kept: ("declaration/income_tests.rs", "the_decrees_example_entered_on_the_pages_gives_its_section_three"),
    },
    Held {
        rule: "X01",
        how: "Một số căn cước chỉ ở một danh sách; người chuyển sang cơ quan khác chỉ được đưa vào sau khi hồ sơ được chuyển.",
        broken: Some(("roster/tests.rs", "a_number_of_another_unit_is_refused")),
        kept: ("roster/tests.rs", "who_rises_to_another_agency_is_listed_there_once_their_file_is_sent"),
    },
    Held {
        rule: "X03",
        how: "Bản đến hạn, quá hạn bàn giao đứng đầu và được đánh dấu; biên bản ghi số bản quá hạn.",
        broken: Some(("handover/tests.rs", "late_ones_stand_first_and_are_marked")),
        kept: ("handover/tests.rs", "what_was_received_is_handed_over_and_taken_with_one_record"),
    },
    Held {
        rule: "X04",
        how: "Biên bản không lập được khi chưa đủ ngày niêm yết, chưa đủ 2/3, thiếu người ký; bắt đầu quá hạn được ghi.",
        broken: Some(("disclosure/tests.rs", "a_meeting_counts_with_two_thirds_and_not_with_one_fewer")),
        kept: ("disclosure/tests.rs", "a_posting_hangs_for_its_days_and_is_closed_with_minutes"),
    },
    Held {
        rule: "X08",
        how: "Văn bản yêu cầu thiếu người ký, mục đích, nội dung hoặc thời hạn không được gửi.",
        broken: Some(("inquiry/tests.rs", "what_cannot_be_asked_or_answered_is_refused_and_leaves_nothing")),
        kept: ("inquiry/tests.rs", "a_unit_is_asked_reads_answers_adds_and_the_agency_closes"),
    },
    Held {
        rule: "X12",
        how: "Chỉ sửa đến hết ngày cuối của thời hạn, có giải trình và người phê duyệt từng điểm.",
        broken: Some(("declaration/correction/tests.rs", "the_legal_last_day_counts_and_nothing_after_it")),
        kept: (
            "declaration/correction/tests.rs",
            "what_is_proposed_is_read_in_words_decided_and_becomes_a_further_version",
        ),
    },
];

/// Rules of acts the service does not have yet: verification, supply of data, sanctions.
const LATER: [&str; 8] = ["X05", "X06", "X07", "X09", "X10", "X11", "X13", "X14"];

/// `docs/RULES-OF-ACTS.md`.
pub fn document(rules: &RuleSet) -> String {
    let mut lines = vec![
        "# Quy tắc của các bước xử lý".to_owned(),
        String::new(),
        "Những quy tắc mà một bản kê khai tự nó không trả lời được: áp dụng ở bước nào, và hai phép thử (trường hợp trái và trường hợp đúng). Tệp này do `./dev rules` lập từ mã nguồn; không sửa tay.".to_owned(),
        String::new(),
        "| Mã | Mức | Quy tắc | Căn cứ | Hệ thống làm gì | Trái quy tắc | Đúng quy tắc |".to_owned(),
        "|---|---|---|---|---|---|---|".to_owned(),
    ];
    for held in HELD {
        let Some(rule) = rules.rule(held.rule) else { continue };
        let test = |(file, name): (&str, &str)| format!("`{file}`: `{name}`");
        lines.push(format!(
            "| {} | {} | {} | {} | {} | {} | {} |",
            rule.id,
            rule.severity.letter(),
            rule.title,
            rules.cite(&rule.basis),
            held.how,
            held.broken.map_or_else(|| "không thể xảy ra".to_owned(), test),
            test(held.kept)
        ));
    }
    let later = LATER.iter().filter_map(|id| rules.rule(id)).map(|rule| format!("{} ({})", rule.id, rule.title));
    lines.push(String::new());
    lines.push(format!("Chưa có bước xử lý: {}.", later.collect::<Vec<_>>().join("; ")));
    lines.join("\n") + "\n"
}

/// The rule set whose acts are told: the first that is loaded.
pub fn of(law: &LawBook) -> Option<String> {
    law.rule_sets.first().map(document)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use form::ruleset::Needs;

    use super::*;

    #[test]
    fn the_page_is_what_the_code_says() {
        let page =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/RULES-OF-ACTS.md")).unwrap();
        assert_eq!(page, of(&LawBook::embedded().unwrap()).unwrap(), "run ./dev rules");
    }

    #[test]
    fn every_rule_of_an_act_is_held_or_named_as_missing_and_its_tests_are_there() {
        let law = LawBook::embedded().unwrap();
        let of_acts = |needs: Option<Needs>| matches!(needs, Some(Needs::Process | Needs::Signature | Needs::Export));
        let wanted: BTreeSet<_> =
            law.rule_sets[0].rules.iter().filter(|rule| of_acts(rule.needs)).map(|rule| rule.id.as_str()).collect();
        let told: BTreeSet<_> = HELD.iter().map(|held| held.rule).chain(LATER).collect();
        assert_eq!(told, wanted);
        for held in HELD {
            for (file, name) in held.broken.into_iter().chain([held.kept]) {
                let path = format!("{}/src/{file}", env!("CARGO_MANIFEST_DIR"));
                let source = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
                assert!(source.contains(&format!("fn {name}(")), "{}: {file} has no {name}", held.rule);
            }
        }
    }
}
