//! What reading is worth, over many papers with known truth: shares of right, doubtful and silently wrong leaves, and whether a
//! confidence of 0.9 means nine of ten.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::result::ReadDeclaration;
use super::score::{Counts, Difference, score};

/// Steps of confidence in the calibration curve.
const STEPS: usize = 20;

/// Figures over all papers added.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// By the truth's `class`.
    pub classes: BTreeMap<String, Counts>,
    /// By kind of field ("assets[].value.amount").
    pub kinds: BTreeMap<String, Counts>,
    /// Leaves and right ones by confidence, in equal steps from 0 to 1.
    steps: [(usize, usize); STEPS],
}

impl Report {
    /// Adds a paper; returns its own counts and what differs.
    pub fn add(&mut self, truth: &Value, read: &ReadDeclaration) -> (Counts, Vec<Difference>) {
        let (table, differences) = score(truth, read);
        for (path, leaf) in &read.provenance {
            let step = ((leaf.confidence * STEPS as f64) as usize).min(STEPS - 1);
            self.steps[step].0 += 1;
            self.steps[step].1 += usize::from(!differences.iter().any(|one| one.path == *path));
        }
        let mut total = Counts::default();
        for (kind, counts) in table {
            total.add(counts);
            self.kinds.entry(kind).or_default().add(counts);
        }
        self.classes.entry(truth["class"].as_str().unwrap_or("?").to_owned()).or_default().add(total);
        (total, differences)
    }

    /// The calibration curve: confidence to the right, share of right leaves upwards; the area of a dot tells how many there are.
    pub fn curve(&self) -> String {
        const SIDE: f64 = 400.0;
        let all: usize = self.steps.iter().map(|(leaves, _)| leaves).sum();
        let place = |step: usize| 50.0 + SIDE * (step as f64 + 0.5) / STEPS as f64;
        let points: Vec<(f64, f64, f64)> = self
            .steps
            .iter()
            .enumerate()
            .filter(|(_, (leaves, _))| *leaves > 0)
            .map(|(step, (leaves, right))| {
                let share = *right as f64 / *leaves as f64;
                (place(step), 20.0 + SIDE * (1.0 - share), 2.0 + 24.0 * (*leaves as f64 / all.max(1) as f64).sqrt())
            })
            .collect();
        let line: String = points.iter().map(|(x, y, _)| format!("{x:.1},{y:.1} ")).collect();
        let dots: String = points
            .iter()
            .map(|(x, y, r)| {
                format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r:.1}\" fill=\"#1d4f91\" fill-opacity=\".5\"/>")
            })
            .collect();
        let marks: String = [0, 25, 50, 75, 100]
            .iter()
            .map(|percent| {
                let (x, y) = (50.0 + SIDE * f64::from(*percent) / 100.0, 20.0 + SIDE * (1.0 - f64::from(*percent) / 100.0));
                format!(
                    "<text x=\"{x}\" y=\"438\" text-anchor=\"middle\">{percent} %</text><text x=\"44\" y=\"{}\" text-anchor=\"end\">{percent} %</text><path d=\"M50 {y}H450\" stroke=\"#ddd\"/>",
                    y + 4.0
                )
            })
            .collect();
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 470 470\" font-family=\"sans-serif\" font-size=\"11\" role=\"img\" aria-label=\"Độ tin cậy và tỷ lệ đọc đúng\">{marks}\
             <path d=\"M50 420L450 20\" stroke=\"#888\" stroke-dasharray=\"4 4\"/><polyline points=\"{}\" fill=\"none\" stroke=\"#1d4f91\" stroke-width=\"2\"/>{dots}\
             <text x=\"250\" y=\"460\" text-anchor=\"middle\">Độ tin cậy máy đưa ra ({all} nội dung)</text>\
             <text x=\"12\" y=\"220\" text-anchor=\"middle\" transform=\"rotate(-90 12 220)\">Tỷ lệ đọc đúng</text></svg>\n",
            line.trim_end()
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Theo loại nội dung")?;
        self.kinds.iter().try_for_each(|(kind, counts)| writeln!(f, "{}", line(kind, counts)))?;
        writeln!(f, "\nTheo loại bản quét")?;
        self.classes.iter().try_for_each(|(class, counts)| writeln!(f, "{}", line(class, counts)))?;
        let mut all = Counts::default();
        self.classes.values().for_each(|counts| all.add(*counts));
        writeln!(f, "{}", line("tất cả", &all))
    }
}

/// One row of the figures.
pub fn line(name: &str, counts: &Counts) -> String {
    format!(
        "{name:44} {:6} nội dung  đúng {:6.2} %  cần đối chiếu {:5.2} %  sai không đánh dấu {:5.2} %",
        counts.all,
        counts.percent(counts.right),
        counts.percent(counts.doubtful),
        counts.percent(counts.silent)
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::read::result::Leaf;

    #[test]
    fn figures_add_up_and_the_curve_shows_each_step() {
        let leaf =
            |confidence: f64| Leaf { confidence, doubtful: confidence < 0.7, page: None, bounds: None, cell: None };
        let read = ReadDeclaration {
            declaration: json!({"a": 1, "b": "x", "c": "z"}),
            provenance: [("a", 0.99), ("b", 0.98), ("c", 0.3)]
                .into_iter()
                .map(|(path, confidence)| (path.to_owned(), leaf(confidence)))
                .collect(),
        };
        let mut report = Report::default();
        let (total, differences) = report.add(&json!({"a": 1, "b": "y", "c": "z", "class": "scan"}), &read);
        assert_eq!(total, Counts { all: 3, right: 2, doubtful: 1, silent: 1 });
        assert_eq!((differences.len(), report.steps[STEPS - 1], report.steps[6]), (1, (2, 1), (1, 1)));
        assert!(report.to_string().contains("scan"), "{report}");
        let curve = report.curve();
        assert_eq!(curve.matches("<circle").count(), 2);
        roxmltree::Document::parse(&curve).expect("well-formed");
    }
}
