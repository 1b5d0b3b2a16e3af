//! Typed identifiers: UUIDv7, ordered by the time they were made. Never a secret.
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::{NoContext, Timestamp, Uuid};

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new identifier.
            #[expect(clippy::new_without_default, reason = "an identifier has no default value")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid {
                id.0
            }
        }
    )* };
}

id! {
    /// A control agency's partition (phân vùng dữ liệu).
    PartitionId
    /// A body: an employing unit or an agency (cơ quan, tổ chức, đơn vị).
    OrganisationId
    /// A rule that says which agency controls whom.
    RoutingRuleId
    /// A person who must declare, within one partition.
    PersonId
    /// A sign-in.
    AccountId
    /// One thing a holder may act as.
    AccountRoleId
    /// A recorded reason for a national read.
    PurposeId
    /// An obligation to declare: one person, one kind, one year.
    ObligationId
    /// A draft of a declaration.
    DraftId
    /// A declaration.
    DeclarationId
    /// One immutable version of a declaration.
    VersionId
    /// A demand to complete or to declare again (article 38.2).
    DemandId
    /// A correction proposed after receipt (Quyết định 390/QĐ-TTg).
    CorrectionId
    /// A receipt (tiếp nhận).
    ReceiptId
    /// A batch handed over to the control agency (bàn giao).
    HandOverId
    /// A plan of a control agency for a year's campaign.
    PlanId
    /// A document reminders were issued with.
    IssueId
    /// A written reminder to one person (đôn đốc bằng văn bản).
    ReminderId
    /// A publication at the workplace (công khai): a posting or a meeting.
    DisclosureId
    /// A person's file passed to another agency (chuyển hồ sơ).
    CustodyId
    /// A copy of a version that is on record in another partition.
    OriginalId
    /// A file handed out to be signed.
    SigningCopyId
    /// A signature of an act, electronic or on paper.
    SignatureId
    /// A request for information (yêu cầu cung cấp thông tin).
    InquiryId
    /// A step in the course of one.
    InquiryStepId
    /// A round of practice (bản thực hành).
    PracticeId
    /// A stored file.
    FileId
    /// A paper under way from scan to declaration.
    IntakeId
    /// A workbook of declarations.
    WorkbookId
    /// A declaration on an older form (bản kê khai theo mẫu cũ).
    OlderId
    /// What is stated of two assets of one person.
    AssetStatementId
    /// A job.
    JobId
    /// An event.
    EventId
    /// One act; its events may stand in several partitions.
    ActId
}

impl EventId {
    /// As if it were made so long ago: what is older and what is newer lies on its two sides.
    pub fn made_ago(ago: Duration) -> Self {
        let (seconds, nanos) = Timestamp::now(NoContext).to_unix();
        Self(Uuid::new_v7(Timestamp::from_unix(NoContext, seconds.saturating_sub(ago.as_secs()), nanos)))
    }
}

impl PartitionId {
    /// The centre's own operations: acts that belong to no control agency.
    pub const CENTRE: PartitionId = PartitionId(Uuid::nil());
}
