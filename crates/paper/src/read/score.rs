//! Compares a reading with the truth, leaf by leaf.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::result::ReadDeclaration;

/// Counts of leaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Leaves of the truth and leaves invented beside it.
    pub all: usize,
    pub right: usize,
    pub doubtful: usize,
    /// Wrong and not marked doubtful.
    pub silent: usize,
}

impl Counts {
    pub fn add(&mut self, other: Self) {
        self.all += other.all;
        self.right += other.right;
        self.doubtful += other.doubtful;
        self.silent += other.silent;
    }

    /// Share of `part` in percent.
    pub fn percent(&self, part: usize) -> f64 {
        if self.all == 0 { 0.0 } else { 100.0 * part as f64 / self.all as f64 }
    }
}

/// A leaf that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    pub path: String,
    pub truth: Option<Value>,
    pub read: Option<Value>,
    pub doubtful: bool,
}

/// Keys of a truth file that describe the scan.
const NOT_READ: [&str; 3] = ["pages", "class", "dpi"];

/// Counts by kind of field ("assets[].value.amount") and the differences.
pub fn score(truth: &Value, read: &ReadDeclaration) -> (BTreeMap<String, Counts>, Vec<Difference>) {
    let mut wanted = BTreeMap::new();
    leaves(truth, String::new(), &mut wanted);
    wanted.retain(|path, _| !NOT_READ.contains(&path.as_str()));
    let mut got = BTreeMap::new();
    leaves(&read.declaration, String::new(), &mut got);
    let paths: BTreeSet<&String> = wanted.keys().chain(got.keys()).collect();
    let mut table: BTreeMap<String, Counts> = BTreeMap::new();
    let mut differences = Vec::new();
    for path in paths {
        let (truth, value) = (wanted.get(path), got.get(path));
        let right = matches!((truth, value), (Some(a), Some(b)) if same(a, b));
        let doubtful = doubtful(read, path);
        let counts = Counts {
            all: 1,
            right: usize::from(right),
            doubtful: usize::from(doubtful),
            silent: usize::from(!right && !doubtful),
        };
        table.entry(kind_of(path)).or_default().add(counts);
        if !right {
            differences.push(Difference { path: path.clone(), truth: truth.cloned(), read: value.cloned(), doubtful });
        }
    }
    (table, differences)
}

/// A leaf without an entry of its own counts as marked when everything it stands in was marked, else not.
fn doubtful(read: &ReadDeclaration, path: &str) -> bool {
    read.provenance.get(path).is_some_and(|leaf| leaf.doubtful)
}

fn same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-9,
        _ => a == b,
    }
}

fn leaves(value: &Value, path: String, out: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                leaves(inner, if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, out);
            }
        }
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                leaves(inner, format!("{path}[{index}]"), out);
            }
        }
        leaf => {
            out.insert(path, leaf.clone());
        }
    }
}

fn kind_of(path: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in path.chars() {
        match c {
            '[' => {
                inside = true;
                out.push_str("[]");
            }
            ']' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::result::Leaf;
    use serde_json::json;

    #[test]
    fn invented_and_missing_leaves_are_wrong_and_silent_unless_marked() {
        let truth = json!({"a": 1.0, "b": [{"c": "x"}, {"c": "y"}], "class": "scan"});
        let leaf = |doubtful| Leaf { confidence: 0.5, doubtful, page: None, bounds: None, cell: None };
        let read = ReadDeclaration {
            declaration: json!({"a": 1, "b": [{"c": "z"}], "d": "invented"}),
            provenance: [("b[0].c".to_owned(), leaf(true))].into_iter().collect(),
        };
        let (table, differences) = score(&truth, &read);
        let mut total = Counts::default();
        table.values().for_each(|counts| total.add(*counts));
        assert_eq!(total, Counts { all: 4, right: 1, doubtful: 1, silent: 2 });
        assert_eq!(table["b[].c"].all, 2);
        assert_eq!(differences.len(), 3);
    }
}
