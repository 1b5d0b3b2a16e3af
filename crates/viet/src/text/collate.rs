use super::tone_fold;
use icu_collator::options::CollatorOptions;
use icu_collator::{Collator, CollatorBorrowed};
use icu_locale_core::locale;
use std::cmp::Ordering;
use std::sync::LazyLock;

/// CLDR order for Vietnamese: letters first over the whole text (a ă â b c d đ …), then tones
/// (huyền, hỏi, ngã, sắc, nặng), then capitals. The same as PostgreSQL's ICU collation `vi`.
static COLLATOR: LazyLock<CollatorBorrowed<'static>> = LazyLock::new(|| {
    Collator::try_new(locale!("vi").into(), CollatorOptions::default())
        .expect("the tables for `vi` are compiled into icu_collator")
});

/// Compares two texts in Vietnamese dictionary order.
pub fn compare(left: &str, right: &str) -> Ordering {
    COLLATOR.compare(left, right)
}

/// Bytes that sort as [`compare`] does: for sorting long lists once.
pub fn collation_key(text: &str) -> Vec<u8> {
    let mut key = Vec::new();
    let Ok(()) = COLLATOR.write_sort_key_to(text, &mut key);
    key
}

/// Bytes that sort names as Vietnamese lists do: by given name (last word), then family name, then the middle names.
/// Capitals and tone placement do not count.
pub fn name_sort_key(name: &str) -> Vec<u8> {
    let name = tone_fold(name);
    let (rest, given) = name.rsplit_once(' ').unwrap_or(("", &name));
    let (family, middle) = rest.split_once(' ').unwrap_or((rest, ""));
    // Sort keys hold no zero byte, so a zero ends a part and the shorter part comes first.
    [given, family, middle].map(collation_key).join(&0)
}

/// Compares two names by [`name_sort_key`].
pub fn compare_names(left: &str, right: &str) -> Ordering {
    name_sort_key(left).cmp(&name_sort_key(right))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_sort_by_given_name_then_family_name() {
        let mut names =
            ["Trần Văn Ân", "Vũ An", "Đặng Thị An", "Đặng Bá An", "Nguyễn Hoà", "Lê Hòa", "Bùi Ánh", "Dũng"];
        names.sort_by(|a, b| compare_names(a, b));
        assert_eq!(
            names,
            ["Đặng Bá An", "Đặng Thị An", "Vũ An", "Bùi Ánh", "Trần Văn Ân", "Dũng", "Lê Hòa", "Nguyễn Hoà"]
        );
        assert_eq!(compare_names("TRẦN VĂN HOÀ", "Trần Văn Hòa"), Ordering::Equal);
    }

    proptest! {
        #[test]
        fn keys_agree_with_comparison(left in "\\PC{0,12}", right in "\\PC{0,12}") {
            prop_assert_eq!(collation_key(&left).cmp(&collation_key(&right)), compare(&left, &right));
            prop_assert!(!collation_key(&left).contains(&0));
        }
    }
}
