//! What several readings of the same words say together.

use super::glyph::Glyphs;

/// The likeliest text.
#[derive(Debug, Clone, PartialEq)]
pub struct Vote {
    pub text: String,
    /// How much the readings must be bent for it (0: all say exactly this), with the prior's share.
    pub cost: f32,
    /// How much more the next best text costs.
    pub gap: f32,
    /// Readings that say exactly this.
    pub exact: usize,
}

/// A reading bent further than this says something else; it must not outweigh the others.
const DIFFERENT: f32 = 2.0;

/// Chooses among `candidates` the text that all readings together speak for. `prior` adds to a text's cost.
pub fn vote(readings: &[&Glyphs], candidates: &[String], prior: impl Fn(&str) -> f32) -> Option<Vote> {
    let mut scored: Vec<(f32, &String)> = candidates
        .iter()
        .map(|text| {
            (readings.iter().map(|glyphs| glyphs.distance(text).min(DIFFERENT)).sum::<f32>() + prior(text), text)
        })
        .collect();
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    scored.dedup_by(|a, b| a.1 == b.1);
    let (cost, text) = *scored.first()?;
    let gap = scored.get(1).map_or(DIFFERENT, |(next, _)| next - cost);
    let exact = readings.iter().filter(|glyphs| glyphs.text() == *text).count();
    Some(Vote { text: text.clone(), cost, gap, exact })
}

/// The text itself and the texts in which one hesitant letter is read the other way.
pub fn variants(glyphs: &Glyphs) -> Vec<String> {
    const NEAR: f32 = 0.35;
    let text: Vec<char> = glyphs.0.iter().map(|glyph| glyph.text).collect();
    let mut out = vec![text.iter().collect::<String>()];
    for (index, glyph) in glyphs.0.iter().enumerate() {
        for (other, _) in glyph.others.iter().filter(|(other, below)| *below < NEAR && other.is_alphabetic()) {
            let mut changed = text.clone();
            changed[index] = *other;
            out.push(changed.into_iter().collect());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::glyph::Glyph;

    fn reading(text: &str, hesitant: &[(usize, char, f32)]) -> Glyphs {
        let mut glyphs: Vec<Glyph> =
            text.chars().map(|text| Glyph { text, confidence: 0.99, margin: 1.0, others: vec![] }).collect();
        for (index, other, below) in hesitant {
            glyphs[*index].others.push((*other, *below));
            glyphs[*index].margin = *below;
        }
        Glyphs(glyphs)
    }

    #[test]
    fn a_hesitant_reading_yields_to_sure_ones() {
        let (a, b) = (reading("Định Thúy Ngân", &[(1, 'i', 0.02)]), reading("Đinh Thúy Ngân", &[]));
        let candidates = [a.text(), b.text()];
        let vote = vote(&[&a, &b], &candidates, |_| 0.0).expect("two candidates");
        assert_eq!((vote.text.as_str(), vote.exact), ("Đinh Thúy Ngân", 1));
        assert!(vote.gap > 0.4);
    }

    #[test]
    fn a_prior_turns_an_even_hesitation() {
        let a = reading("Định", &[(1, 'i', 0.05)]);
        let vote = vote(&[&a], &variants(&a), |text| if text == "Đinh" { 0.0 } else { 0.5 }).expect("variants");
        assert_eq!(vote.text, "Đinh");
    }
}
