//! Types of news and of the address messages go to.
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::account::news::News;
use crate::cells;
use crate::kernel::id::{AccountId, EventId, PartitionId};
use crate::kernel::keys::Sealed;

cells! {
    /// The address an account gave.
    AddressCell = "notification_address"."address_sealed" -> String;
    /// The code sent to it.
    CodeCell = "notification_address"."code_sealed" -> String;
}

/// One thing that is new, or was.
#[derive(Debug)]
pub struct Item {
    pub event: EventId,
    pub at: DateTime<Utc>,
    pub news: &'static News,
    pub body: Value,
    pub is_new: bool,
}

/// An event of the log somebody may be told of.
#[derive(Debug)]
pub struct Told {
    pub event: EventId,
    pub name: String,
    pub at: DateTime<Utc>,
    pub body: String,
}

/// The address of an account as it stands.
#[derive(Debug)]
pub struct Address {
    pub partition: PartitionId,
    pub account: AccountId,
    pub address: Option<Sealed<AddressCell>>,
    pub confirmed_at: Option<DateTime<Utc>>,
    pub refused_at: Option<DateTime<Utc>>,
    pub code: Option<Sealed<CodeCell>>,
    pub code_expires_at: Option<DateTime<Utc>>,
    pub code_failures: i16,
    pub codes_on: Option<chrono::NaiveDate>,
    pub codes_sent: i16,
}

/// A message to be sent.
#[derive(Debug)]
pub struct Owed {
    pub partition: PartitionId,
    pub account: AccountId,
    pub address: Sealed<AddressCell>,
    /// Set when it is the code that is sent, and not that there is news.
    pub code: Option<Sealed<CodeCell>>,
    pub code_expires_at: Option<DateTime<Utc>>,
    /// Since when each is owed: what came to be owed meanwhile is not settled with it.
    pub code_owed_at: Option<DateTime<Utc>>,
    pub news_owed_at: Option<DateTime<Utc>>,
    pub failures: i16,
}
