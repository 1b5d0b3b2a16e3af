//! Passwords: Argon2id, parameters kept with the hash. Never on an async thread.
use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};

use crate::kernel::load::cores;
use crate::kernel::{Refusal, Result};

/// One hash a core at a time: each takes 19 MiB, and a morning's rush would take gigabytes.
static GATE: LazyLock<tokio::sync::Semaphore> = LazyLock::new(|| tokio::sync::Semaphore::new(cores()));

/// Hashes a password for storage.
pub async fn hash(password: String) -> Result<String> {
    let _turn = GATE.acquire().await.map_err(|error| crate::bug!("hashing a password: {error}"))?;
    tokio::task::spawn_blocking(move || {
        Argon2::default()
            .hash_password(password.as_bytes())
            .map(|hash| hash.to_string())
            .map_err(|error| crate::bug!("hashing a password: {error}"))
    })
    .await
    .map_err(|error| crate::bug!("hashing a password: {error}"))?
}

/// Whether `password` is the one behind `stored`. Without a stored hash it takes as long and says no, so that the time
/// of an answer does not tell which accounts exist.
pub async fn verify(stored: Option<String>, password: String) -> Result<bool> {
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$bWluaGJhY2gtbm9ib2R5$8vqZc2v0n7mJm4mJ9mZf0gq2n2o2m3Qm4nYx6mJ3m1A";
    let _turn = GATE.acquire().await.map_err(|error| crate::bug!("verifying a password: {error}"))?;
    tokio::task::spawn_blocking(move || {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| NOBODY.to_owned());
        let parsed = PasswordHash::new(&stored).map_err(|error| crate::bug!("a stored password hash: {error}"))?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && known)
    })
    .await
    .map_err(|error| crate::bug!("verifying a password: {error}"))?
}

/// Refuses passwords that do not stand alone, without a second factor (TCVN 14423:2026 as digested in govit.md §5.2):
/// long enough, four classes of characters, not the login name.
pub fn check_strength(password: &str, login: &str, min: usize) -> Result<()> {
    let length = password.chars().count();
    let classes = [
        password.chars().any(char::is_lowercase),
        password.chars().any(char::is_uppercase),
        password.chars().any(char::is_numeric),
        password.chars().any(|c| !c.is_alphanumeric()),
    ];
    let weak = |sentence: String| {
        Err(Refusal::new(
            "weak_password",
            sentence,
            format!("Đề nghị chọn mật khẩu từ {min} ký tự, có chữ hoa, chữ thường, chữ số và dấu; một câu dễ nhớ có dấu cách là cách tốt."),
        )
        .into())
    };
    if length < min {
        return weak(format!("Mật khẩu mới có {length} ký tự, cần ít nhất {min}."));
    }
    if classes.contains(&false) {
        return weak("Mật khẩu mới thiếu một trong bốn loại ký tự.".into());
    }
    if password.to_lowercase().contains(&login.to_lowercase()) {
        return weak("Mật khẩu mới chứa tên đăng nhập.".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_opens() {
        let stored = hash("Mật khẩu 1 dài!".into()).await.unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(verify(Some(stored.clone()), "Mật khẩu 1 dài!".into()).await.unwrap());
        assert!(!verify(Some(stored), "mật khẩu 1 dài!".into()).await.unwrap());
        assert!(!verify(None, "Mật khẩu 1 dài!".into()).await.unwrap());
    }

    #[test]
    fn weak_passwords_are_refused_with_what_to_do() {
        assert!(check_strength("Đủ dài và có 4 loại!", "kk-001", 14).is_ok());
        for weak in ["Ngắn 1!", "không có chữ hoa 1!", "Không Có Chữ Số!!", "KhôngCóDấuCách123", "Kk-001 đây rồi 1!"]
        {
            assert!(check_strength(weak, "kk-001", 14).is_err(), "{weak}");
        }
    }
}
