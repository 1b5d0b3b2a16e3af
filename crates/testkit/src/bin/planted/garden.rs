//! The texts that are planted: each is one of its own, and where it was planted is known.
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

/// Texts and where they were planted.
pub struct Garden {
    random: StdRng,
    planted: Vec<(String, String)>,
}

/// Syllables with every kind of mark, so that each way of writing them down differs.
const SYLLABLES: [&str; 24] = [
    "đặng",
    "ngưỡ",
    "thuỷ",
    "quỳnh",
    "bảo",
    "khuê",
    "trượng",
    "vẫy",
    "lặng",
    "mười",
    "hiếu",
    "ngoẵng",
    "phổ",
    "sườn",
    "đẫm",
    "kiệt",
    "xuyến",
    "gừng",
    "chỗ",
    "nhuệ",
    "rưỡi",
    "tỏa",
    "vịnh",
    "yểm",
];

impl Garden {
    pub fn new(seed: u64) -> Self {
        Self { random: StdRng::seed_from_u64(seed), planted: Vec::new() }
    }

    /// A text of four words nobody else has written.
    pub fn text(&mut self, place: impl Into<String>) -> String {
        let mut word = |count: usize| {
            let syllables: Vec<&str> = (0..count).filter_map(|_| SYLLABLES.choose(&mut self.random).copied()).collect();
            let mut letters = syllables.concat().chars().collect::<Vec<_>>();
            if let Some(first) = letters.first_mut() {
                *first = first.to_uppercase().next().unwrap_or(*first);
            }
            letters.into_iter().collect::<String>()
        };
        let text = [word(1), word(2), word(3)].join(" ");
        self.planted.push((text.clone(), place.into()));
        text
    }

    /// Only letters and digits of ASCII, for places that take no others.
    pub fn plain(&mut self, place: impl Into<String>) -> String {
        let text: String = (0..16).map(|_| char::from(self.random.random_range(b'a'..=b'z'))).collect();
        self.planted.push((text.clone(), place.into()));
        text
    }

    /// A citizen number of the shape the law gives it.
    pub fn citizen_number(&mut self, place: impl Into<String>) -> String {
        let number = format!("051080{:06}", self.random.random_range(0..1_000_000));
        self.planted.push((number.clone(), place.into()));
        number
    }

    /// Takes note of a text that comes from elsewhere.
    pub fn adopt(&mut self, text: &str, place: impl Into<String>) {
        if !self.planted.iter().any(|(known, _)| known == text) {
            self.planted.push((text.to_owned(), place.into()));
        }
    }

    pub fn texts(&self) -> Vec<String> {
        self.planted.iter().map(|(text, _)| text.clone()).collect()
    }

    pub fn place(&self, text: &str) -> &str {
        self.planted.iter().find(|(known, _)| known == text).map_or("?", |(_, place)| place)
    }
}
