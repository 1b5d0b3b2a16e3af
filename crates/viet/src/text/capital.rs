/// A phrase as the beginning of a sentence: its first letter a capital, the rest as it stands.
pub fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::capitalised;

    #[test]
    fn only_the_first_letter_changes() {
        assert_eq!(capitalised("đất ở tại Hà Nội"), "Đất ở tại Hà Nội");
        assert_eq!(capitalised("01 thửa"), "01 thửa");
        assert_eq!(capitalised(""), "");
    }
}
