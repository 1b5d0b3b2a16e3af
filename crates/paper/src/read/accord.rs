//! Readings of the same words held against each other: what two of them say is sure, where they differ the other stands beside.

use super::draft::Nature;
use super::glyph::Glyphs;
use super::recognise::{Letter, Word};
use super::trust::{DOUBTFUL, of_letters};

/// Confidence from which a letter both engines read needs no other look.
pub const SURE: f32 = 0.9;
/// What remains of a letter's confidence when the other engine saw none in its place.
const UNSEEN: f32 = 0.98;
/// Weight of the other engine's letter beside the chosen one. Smaller hides errors, larger makes doubt of what is right.
const WEIGHT: f32 = 0.6;
/// The same of a digit beside a digit: no word helps to choose between them.
const DIGIT_WEIGHT: f32 = 0.85;
/// Confidence of a digit beside which the other engine saw one more.
const DIGIT_LOST: f32 = 0.7;
/// A letter only one of two looks saw is kept from this confidence on, and worth this share of it.
const SEEN_ONCE: (f32, f32) = (0.8, 0.6);

/// Both engines read the very same letters, and the second was sure of each: another look would tell nothing new.
pub fn same_letters(first: &[Word], read: &[Vec<Letter>]) -> bool {
    let read: Vec<&Letter> = read.iter().flatten().filter(|letter| letter.text != " ").collect();
    let first: Vec<&Letter> = first.iter().flat_map(|word| &word.letters).collect();
    first.len() == read.len() && first.iter().zip(read).all(|(a, b)| a.text == b.text && b.confidence > SURE)
}

/// Two looks of one network at one strip: a network that tells letters apart by the steps between them loses one of two
/// alike at one breadth and doubles it at another. What both say is sure.
pub fn settle(own: Vec<Letter>, other: &[Letter]) -> Vec<Letter> {
    let pairs = pairs(other, &own.iter().collect::<Vec<_>>());
    let mut out: Vec<Letter> = Vec::new();
    let mut taken = 0;
    let missed = |from: usize, to: usize, out: &mut Vec<Letter>| {
        for letter in &other[from..to.max(from)] {
            if letter.confidence > SEEN_ONCE.0 {
                let mut letter = letter.clone();
                letter.confidence *= SEEN_ONCE.1;
                letter.choices = vec![(letter.text.clone(), 0.5), (String::new(), 0.5)];
                out.push(letter);
            }
        }
    };
    for (mut letter, pair) in own.into_iter().zip(pairs) {
        match pair {
            Some(at) => {
                missed(taken, at, &mut out);
                taken = at + 1;
                let other = &other[at];
                if other.text == letter.text {
                    letter.confidence = letter.confidence.max(other.confidence);
                } else if other.confidence > letter.confidence {
                    let mut changed = Letter { bounds: letter.bounds, ..other.clone() };
                    contest(&mut changed, &letter.text, letter.confidence);
                    letter = changed;
                } else {
                    contest(&mut letter, &other.text, other.confidence);
                }
                out.push(letter);
            }
            None if letter.confidence > SEEN_ONCE.0 => {
                letter.confidence *= SEEN_ONCE.1;
                out.push(letter);
            }
            None => {}
        }
    }
    missed(taken, other.len(), &mut out);
    out
}

/// A reading with what another says of each of its letters.
pub fn agree(other: &[Word], mut own: Vec<Word>) -> Vec<Word> {
    let one: Vec<Letter> = other.iter().flat_map(|word| word.letters.iter().cloned()).collect();
    let places: Vec<(usize, usize)> = own
        .iter()
        .enumerate()
        .flat_map(|(word, inside)| (0..inside.letters.len()).map(move |letter| (word, letter)))
        .collect();
    let two: Vec<&Letter> = places.iter().map(|&(word, letter)| &own[word].letters[letter]).collect();
    let pairs = pairs(&one, &two);
    let beside_extra_digit = beside_extra_digit(&one, &two, &pairs);
    for (((word, letter), other), extra) in places.into_iter().zip(pairs).zip(beside_extra_digit) {
        let own = &mut own[word].letters[letter];
        match other.map(|index| &one[index]) {
            Some(other) if other.text == own.text => confirm(own, other),
            Some(other) => contest(own, &other.text, other.confidence),
            None => own.confidence *= UNSEEN,
        }
        if extra {
            own.confidence = own.confidence.min(DIGIT_LOST);
        }
    }
    own
}

/// Digits of `two` next to which `one` holds a digit more: a figure short of a digit is another figure, so it is never sure.
fn beside_extra_digit(one: &[Letter], two: &[&Letter], pairs: &[Option<usize>]) -> Vec<bool> {
    let digit = |letter: &Letter| letter.text.chars().all(|c| c.is_ascii_digit());
    let mut out = vec![false; two.len()];
    let mut next = 0;
    for (index, place) in pairs.iter().copied().map(|pair| pair.unwrap_or(usize::MAX)).chain([one.len()]).enumerate() {
        if place == usize::MAX {
            continue;
        }
        if one[next.min(place)..place].iter().any(digit) {
            for beside in [index.checked_sub(1), (index < two.len()).then_some(index)].into_iter().flatten() {
                out[beside] |= digit(two[beside]);
            }
        }
        next = place + 1;
    }
    out
}

/// Two engines that know nothing of each other read the same letter.
fn confirm(own: &mut Letter, other: &Letter) {
    own.confidence = 1.0 - (1.0 - own.confidence) * (1.0 - other.confidence).max(0.05);
    for (text, score) in &mut own.choices {
        if *text != own.text {
            *score *= 0.5;
        }
    }
}

fn contest(own: &mut Letter, text: &str, confidence: f32) {
    let digits = own.text.chars().chain(text.chars()).all(|c| c.is_ascii_digit());
    let score = own.confidence * confidence * if digits { DIGIT_WEIGHT } else { WEIGHT };
    match own.choices.iter_mut().find(|(known, _)| known == text) {
        Some((_, known)) => *known = known.max(score),
        None => own.choices.push((text.to_owned(), score)),
    }
    own.choices.sort_by(|a, b| b.1.total_cmp(&a.1));
}

/// For each letter of `two` the letter of `one` that stands in its place, by least edit distance.
fn pairs(one: &[Letter], two: &[&Letter]) -> Vec<Option<usize>> {
    let width = two.len() + 1;
    let mut cost = vec![0u32; (one.len() + 1) * width];
    for (j, cost) in cost.iter_mut().take(width).enumerate() {
        *cost = 2 * j as u32;
    }
    let change = |i: usize, j: usize| match (&one[i].text, &two[j].text) {
        (a, b) if a == b => 0,
        (a, b) if viet::text::fold(a) == viet::text::fold(b) => 2,
        _ => 3,
    };
    for i in 0..one.len() {
        cost[(i + 1) * width] = 2 * (i as u32 + 1);
        for j in 0..two.len() {
            cost[(i + 1) * width + j + 1] = (cost[i * width + j] + change(i, j))
                .min(cost[i * width + j + 1] + 2)
                .min(cost[(i + 1) * width + j] + 2);
        }
    }
    let mut out = vec![None; two.len()];
    let (mut i, mut j) = (one.len(), two.len());
    while i > 0 && j > 0 {
        let here = cost[i * width + j];
        if here == cost[(i - 1) * width + j - 1] + change(i - 1, j - 1) {
            out[j - 1] = Some(i - 1);
            (i, j) = (i - 1, j - 1);
        } else if here == cost[(i - 1) * width + j] + 2 {
            i -= 1;
        } else {
            j -= 1;
        }
    }
    out
}

pub fn count_letters(words: &[Word]) -> usize {
    words.iter().flat_map(|word| &word.letters).filter(|one| one.text.chars().any(char::is_alphanumeric)).count()
}

/// Mean confidence of the letters, 0–1; 0 where there are none.
pub fn mean_confidence(words: &[Word]) -> f32 {
    let letters: Vec<f32> = words.iter().flat_map(|word| &word.letters).map(|letter| letter.confidence).collect();
    if letters.is_empty() { 0.0 } else { letters.iter().sum::<f32>() / letters.len() as f32 }
}

/// The first recogniser was not sure of the word.
pub fn hesitates(word: &Word) -> bool {
    of_letters(&Glyphs::of_words([word]), Nature::Text) < DOUBTFUL
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::components::Rect;

    /// Letters of a text, all as sure as this.
    fn letters(text: &str, confidence: f32) -> Vec<Letter> {
        let letter = |(index, c): (usize, char)| Letter {
            text: c.to_string(),
            bounds: Rect { x0: 10 * index as u32, y0: 0, x1: 10 * index as u32 + 10, y1: 20 },
            confidence,
            choices: vec![(c.to_string(), confidence)],
        };
        text.chars().enumerate().map(letter).collect()
    }

    fn word(text: &str, confidence: f32) -> Vec<Word> {
        let bounds = Rect { x0: 0, y0: 0, x1: 10, y1: 20 };
        vec![Word { letters: letters(text, confidence), bounds, confidence }]
    }

    fn text(letters: &[Letter]) -> String {
        letters.iter().map(|letter| letter.text.as_str()).collect()
    }

    fn trust(words: &[Word], nature: Nature) -> f64 {
        of_letters(&Glyphs::of_words(words), nature)
    }

    #[test]
    fn a_letter_one_look_lost_is_kept_and_not_sure() {
        let settled = settle(letters("766231", 0.99), &letters("7662331", 0.99));
        assert_eq!(text(&settled), "7662331");
        assert!(settled.iter().any(|letter| letter.confidence < 0.7));
        let settled = settle(letters("7662331", 0.99), &letters("766231", 0.99));
        assert_eq!(text(&settled), "7662331");
        assert!(settled.iter().any(|letter| letter.confidence < 0.7));
    }

    #[test]
    fn of_two_looks_the_surer_is_followed_and_the_other_stands_beside() {
        let settled = settle(letters("Mội", 0.6), &letters("Mai", 0.99));
        assert_eq!(text(&settled), "Mai");
        assert!(settled[1].choices.iter().any(|(other, _)| other == "ộ"));
    }

    #[test]
    fn what_both_engines_read_is_sure_and_what_they_differ_on_is_not() {
        let both = agree(&word("834,4", 0.9), word("834,4", 0.9));
        assert!(trust(&both, Nature::Amount) > 0.95);
        let differ = agree(&word("234,4", 0.99), word("834,4", 0.99));
        assert!(trust(&differ, Nature::Amount) < DOUBTFUL);
    }

    #[test]
    fn a_figure_short_of_a_digit_is_never_sure() {
        // Both looks of the second engine lost one of two alike; the first engine saw it.
        for (seen, own) in [("220.000.000", "20.000.000"), ("1990", "199"), ("355", "35")] {
            let words = agree(&word(seen, 0.6), word(own, 0.999));
            assert_eq!(text(&words[0].letters), own);
            assert!(trust(&words, Nature::Amount) < DOUBTFUL, "{own}");
        }
        // Dirt beside a figure is no digit.
        assert!(trust(&agree(&word(".355", 0.6), word("355", 0.999)), Nature::Amount) > DOUBTFUL);
    }

    #[test]
    fn the_same_letters_need_no_other_look() {
        assert!(same_letters(&word("Không", 0.99), &[letters("Kh", 0.99), letters("ông", 0.99)]));
        assert!(!same_letters(&word("Không", 0.99), &[letters("Khong", 0.99)]));
        assert!(!same_letters(&word("Không", 0.99), &[letters("Không", 0.8)]));
    }
}
