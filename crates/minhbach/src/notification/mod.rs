//! What is new for somebody (thông báo), and a message that there is news (thư điện tử).
//!
//! ```text
//! act ──event──▶ log ──read──▶ the page /thong-bao, and the number beside it
//!                 └──followed leaf by leaf──▶ owed ──sent──▶ one message, no second until they looked or a day passed
//! address given ──code by mail──▶ code typed back ──▶ confirmed ──▶ used
//! ```
//!
//! What is news to whom stands in `account::news`. Nothing is written for it by the acts themselves: it is made from the log,
//! so nothing is told that was not committed, and nothing can be left out. A message holds no personal data: neither what is
//! new nor about whom (requirement C3; Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15).
pub mod access;
pub mod address;
pub mod follow;
pub mod model;
pub mod pages;
pub mod policy;
pub mod post;
pub mod store;

#[cfg(test)]
mod tests;
