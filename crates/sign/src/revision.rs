//! What was appended to a PDF, read strictly and by itself. A reader of PDFs may find an object by another way than the
//! table says (by its own header, by an older entry, by a stream of the table), and two readers may so show two texts of one
//! file. Here one revision is one plain table whose every line leads to just the object it names.
use std::collections::BTreeSet;

/// An appended part larger than any signature with its mark and chain.
pub const MOST_APPENDED: usize = 4 << 20;

/// What `file` has behind its first `from` bytes is one revision: objects, one plain table, a trailer that leads back to the
/// table that the first `from` bytes end with, and the end of the file. None when anything else is there.
pub fn is_plain(file: &[u8], from: usize) -> Option<()> {
    let (before, (at, end)) = (table_at(file.get(..from)?)?, table_at(file)?);
    if file.len().checked_sub(from)? > MOST_APPENDED || at < from {
        return None;
    }
    let table = file.get(at..end)?;
    let trailer = position(table, b"trailer")?;
    let lines = table.get(..trailer)?.strip_prefix(b"xref")?;
    for (number, generation, offset) in entries(lines)? {
        let head = format!("{number} {generation} obj");
        let object = file.get(offset..at).filter(|_| offset >= from)?.strip_prefix(head.as_bytes())?;
        if object.first().is_none_or(u8::is_ascii_alphanumeric) {
            return None;
        }
    }
    leads_back(table.get(trailer..)?, before.0)
}

/// The trailer names the table before this one, once, and no second table. A name with an escape could be any name.
fn leads_back(trailer: &[u8], before: usize) -> Option<()> {
    let previous = position(trailer, b"/Prev")?;
    let digits = trailer.get(previous + b"/Prev".len()..)?.trim_ascii_start();
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_once = position(trailer.get(previous + 1..)?, b"/Prev").is_none();
    let is_alone = position(trailer, b"XRefStm").is_none() && !trailer.contains(&b'#');
    (is_once && is_alone && number(&digits[..length])? == before).then_some(())
}

/// The objects of a table: number, generation, place. Each number and each place once; nothing is deleted.
fn entries(lines: &[u8]) -> Option<Vec<(usize, usize, usize)>> {
    let (mut found, mut numbers, mut places) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    let mut rest = lines.trim_ascii_start();
    while !rest.is_empty() {
        let line = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
        let (first, count) = rest[..line]
            .trim_ascii()
            .split_at_checked(rest[..line].trim_ascii().iter().position(|byte| *byte == b' ')?)?;
        let (first, count) = (number(first)?, number(count.trim_ascii())?);
        rest = rest.get(line..)?.trim_ascii_start();
        for nth in 0..count {
            let entry = rest.get(..LINE)?;
            rest = rest.get(LINE..)?;
            let is_shaped = entry[10] == b' ' && entry[16] == b' ' && entry[18..].iter().all(u8::is_ascii_whitespace);
            let (place, generation) = (number(&entry[..10])?, number(&entry[11..16])?);
            let object = first.checked_add(nth)?;
            match entry[17] {
                _ if !is_shaped || !numbers.insert(object) => return None,
                b'f' if object == 0 => {}
                b'n' if object != 0 && places.insert(place) => found.push((object, generation, place)),
                _ => return None,
            }
        }
        rest = rest.trim_ascii_start();
    }
    Some(found)
}

/// A line of a table with its end.
const LINE: usize = 20;

/// Where a file says its table begins, and where that saying begins: its very last words.
fn table_at(file: &[u8]) -> Option<(usize, usize)> {
    let rest = file.strip_suffix(b"\n").unwrap_or(file);
    let rest = rest.strip_suffix(b"\r").unwrap_or(rest).strip_suffix(b"%%EOF")?;
    let rest = rest.trim_ascii_end();
    let digits = rest.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (rest, digits) = rest.split_at(rest.len() - digits);
    let rest = rest.trim_ascii_end().strip_suffix(b"startxref")?;
    Some((number(digits)?, rest.len()))
}

fn number(digits: &[u8]) -> Option<usize> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| is_number)?.parse().ok()
}

/// Where these bytes stand first.
pub(crate) fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "%PDF-1.7\n1 0 obj\n(one)\nendobj\nxref\n0 2\n0000000000 65535 f \n0000000009 00000 n \ntrailer\n<</Size 2>>\nstartxref\n31\n%%EOF\n";

    /// A revision with objects as `(entry's number, text)`, and whatever more lines of the table and words of the trailer.
    fn revision(objects: &[(usize, &str)], more: &str, trailer: &str, end: &str) -> Vec<u8> {
        let mut file = FIRST.to_owned();
        let mut table = String::from("xref\n");
        for (number, text) in objects {
            table.push_str(&format!("{number} 1\n{:010} 00000 n \n", file.len()));
            file.push_str(text);
        }
        let at = file.len();
        file.push_str(&format!("{table}{more}trailer\n<</Size 9 {trailer}>>\n"));
        file.push_str(&end.replace("AT", &at.to_string()));
        file.into_bytes()
    }

    const TWO: (usize, &str) = (2, "2 0 obj\n(two)\nendobj\n");
    const BACK: &str = "/Prev 31";
    const END: &str = "startxref\nAT\n%%EOF\n";

    fn plain(file: &[u8]) -> bool {
        is_plain(file, FIRST.len()).is_some()
    }

    #[test]
    fn a_plain_revision_is_plain() {
        assert!(plain(&revision(&[TWO], "", BACK, END)));
        assert!(plain(&revision(&[(1, "1 0 obj\n(ONE)\nendobj\n"), TWO], "", BACK, "startxref\nAT\n%%EOF")));
        assert!(plain(&revision(&[TWO], "0 1\n0000000000 65535 f \n", BACK, END)));
    }

    #[test]
    fn whatever_two_readers_could_read_differently_is_refused() {
        let shadowed = [(1, "1 0 obj\n(ONE)\nendobj\n"), TWO];
        for (what, file) in [
            ("an entry that leads to an older object", revision(&shadowed, "500 1\n0000000009 00000 n \n", BACK, END)),
            ("an entry that leads to another object", revision(&[(5, TWO.1)], "", BACK, END)),
            ("a number twice", revision(&[TWO, TWO], "", BACK, END)),
            ("a place twice", revision(&[TWO], &format!("3 1\n{:010} 00000 n \n", FIRST.len()), BACK, END)),
            ("an object that is deleted", revision(&[TWO], "1 1\n0000000000 00001 f \n", BACK, END)),
            ("more lines than are counted", revision(&[TWO], "0000000009 00000 n \n", BACK, END)),
            ("fewer lines than are counted", revision(&[TWO], "7 2\n0000000009 00000 n \n", BACK, END)),
            ("a number that goes on", revision(&[(2, "2 0 object\n")], "", BACK, END)),
            ("no way back", revision(&[TWO], "", "", END)),
            ("another way back", revision(&[TWO], "", "/Prev 30", END)),
            ("two ways back", revision(&[TWO], "", "/Prev 31 /Prev 9", END)),
            ("an escaped name", revision(&[TWO], "", "/Prev 31 /Pr#65v 9", END)),
            ("a second table", revision(&[TWO], "", "/Prev 31 /XRefStm 9", END)),
            ("words behind the end", revision(&[TWO], "", BACK, "startxref\nAT\n%%EOF\nstartxref\n31\n")),
            ("an end elsewhere", revision(&[TWO], "", BACK, "startxref\n31\n%%EOF\n")),
            ("no end", revision(&[TWO], "", BACK, "")),
            ("nothing", FIRST.as_bytes().to_vec()),
        ] {
            assert!(!plain(&file), "{what}: {}", String::from_utf8_lossy(&file));
        }
        let mut twice = revision(&[TWO], "", BACK, END);
        let first = twice.len();
        twice.extend(b"3 0 obj\n()\nendobj\n");
        let at = twice.len();
        twice.extend(
            format!("xref\n3 1\n{first:010} 00000 n \ntrailer\n<</Prev {}>>\nstartxref\n{at}\n%%EOF\n", 1).bytes(),
        );
        assert!(!plain(&twice), "two revisions under one signature");
        let mut large = revision(&[TWO], "", BACK, END);
        large.splice(FIRST.len()..FIRST.len(), vec![b' '; MOST_APPENDED]);
        assert!(!plain(&large));
    }
}
