use super::compact;
use regex::Regex;
use std::sync::LazyLock;

/// Kinds of registration plates (Thông tư 15/2014/TT-BCA and after; shapes as in the MIT package `biensoxe`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlateKind {
    /// "30A-123.45"; before 2010 four digits, and letters no longer used (I, J, O, Q, R).
    Car,
    /// "29-B1 123.45", "59-AA 123.45".
    Motorcycle,
    /// KT, LD, DA, MK, TĐ, HC, R and other two-letter series of cars: "51R-141.39", "50TĐ-821.08".
    SpecialSeries,
    /// NG, QT, NN, CV with the country's number: "80-011-NG-01".
    Diplomatic,
    /// Ministry of Defence: two letters and four digits, "TC-33-86".
    Military,
    /// "T29-123.45".
    Temporary,
}

/// A recognised plate as it is usually written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Plate {
    pub kind: PlateKind,
    pub canonical: String,
}

/// Tried in this order: a special series has the shape of a motorcycle's.
const SHAPES: [(PlateKind, &str); 7] = [
    (PlateKind::Car, r"^(?<place>[1-9]\d)(?<series>[A-HK-NPS-VX-Z])(?<number>\d{4,5})$"),
    (PlateKind::Car, r"^(?<place>[1-9]\d)(?<series>[IJOQ])(?<number>\d{4})$"),
    (PlateKind::Diplomatic, r"^(?<place>[1-9]\d)(?<country>\d{3})?(?<series>NG|QT|NN|CV)(?<number>\d{2,5})$"),
    (
        PlateKind::SpecialSeries,
        r"^(?<place>[1-9]\d)(?<series>KT|LD|DA|MA|MĐ\d?|MK|TĐ|HC|SA|XA|LB|CT|LA|KL|R)(?<number>\d{4,5})$",
    ),
    (PlateKind::Motorcycle, r"^(?<place>[1-9]\d)(?<series>[A-HK-NPS-VX-Z][A-HK-NPR-VX-Z1-9])(?<number>\d{4,5})$"),
    (PlateKind::Military, r"^(?<series>[A-DHKPQTV][A-X]B?)(?<number>\d{4})$"),
    (PlateKind::Temporary, r"^(?<series>T)(?<place>[1-9]\d)(?<number>\d{5})$"),
];

/// Recognises a plate; `None` if it has none of the shapes. Blanks, dots and hyphens do not count.
pub fn recognise_plate(text: &str) -> Option<Plate> {
    static REGEXES: LazyLock<Vec<(PlateKind, Regex)>> = LazyLock::new(|| {
        SHAPES.map(|(kind, shape)| (kind, Regex::new(shape).expect("the shapes are constants and tested"))).into()
    });
    // "30A-123.456" is a car's plate with a digit too many, not the motorcycle's "30-A1 234.56".
    static ONE_LETTER_SERIES: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^\s*\d\d[-. ]*\p{L}[-. ]+\d").expect("the shape is a constant and tested"));
    let plate = compact(text);
    let one_letter = ONE_LETTER_SERIES.is_match(text);
    REGEXES.iter().filter(|(kind, _)| *kind != PlateKind::Motorcycle || !one_letter).find_map(|(kind, regex)| {
        let parts = regex.captures(&plate)?;
        let part = |name: &str| parts.name(name).map_or("", |found| found.as_str());
        let canonical = write(*kind, part("place"), part("country"), part("series"), part("number"));
        Some(Plate { kind: *kind, canonical })
    })
}

fn write(kind: PlateKind, place: &str, country: &str, series: &str, number: &str) -> String {
    let dotted = match number.len() {
        5 => format!("{}.{}", &number[..3], &number[3..]),
        _ => number.to_owned(),
    };
    match kind {
        PlateKind::Car | PlateKind::SpecialSeries => format!("{place}{series}-{dotted}"),
        PlateKind::Motorcycle => format!("{place}-{series} {dotted}"),
        PlateKind::Diplomatic if country.is_empty() => format!("{place}-{series}-{number}"),
        PlateKind::Diplomatic => format!("{place}-{country}-{series}-{number}"),
        PlateKind::Military => format!("{series}-{}-{}", &number[..2], &number[2..]),
        PlateKind::Temporary => format!("{series}{place}-{dotted}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn kinds_by_shape() {
        for (text, kind, canonical) in [
            ("30A-123.45", PlateKind::Car, "30A-123.45"),
            ("30e80359", PlateKind::Car, "30E-803.59"),
            ("29 B1 123.45", PlateKind::Motorcycle, "29-B1 123.45"),
            ("59-AA 123.45", PlateKind::Motorcycle, "59-AA 123.45"),
            ("29B-1234", PlateKind::Car, "29B-1234"),
            ("TC-33-86", PlateKind::Military, "TC-33-86"),
            ("80-011-NG-01", PlateKind::Diplomatic, "80-011-NG-01"),
            ("50TĐ-82108", PlateKind::SpecialSeries, "50TĐ-821.08"),
            ("51R-14139", PlateKind::SpecialSeries, "51R-141.39"),
            ("51LD 123.45", PlateKind::SpecialSeries, "51LD-123.45"),
            ("T29-12345", PlateKind::Temporary, "T29-123.45"),
        ] {
            assert_eq!(recognise_plate(text), Some(Plate { kind, canonical: canonical.to_owned() }), "{text}");
        }
        for text in ["", "30A", "30W-123.45", "30-12345", "00A-123.45", "Mazda CX-5", "30A-123.456"] {
            assert_eq!(recognise_plate(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_canonical_writing_is_recognised_again(text in "[1-9][0-9][A-ZĐ][A-Z1-9]?[0-9]{4,5}") {
            if let Some(found) = recognise_plate(&text) {
                prop_assert_eq!(recognise_plate(&found.canonical), Some(found));
            }
        }

        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = recognise_plate(&text);
        }
    }
}
