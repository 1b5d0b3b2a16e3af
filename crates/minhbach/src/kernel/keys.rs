//! The partitions' keys in memory, cells under seal, and the logs' signing keys. Key material stays in crate `seal`.
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::{Arc, RwLock};

use anyhow::{Context as _, bail};
use chrono::{DateTime, TimeDelta, Utc};
use ledger::{Checkpoint, Hash, Promise, VerifierKey, log_origin};
use seal::{FileKeyStore, KeyRing, Purpose, SigningKey, StoredKey, WrappedKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::postgres::{PgConnectOptions, PgHasArrayType, PgTypeInfo, PgValueRef};
use sqlx::{Connection, Decode, PgConnection, Postgres, Type};
use uuid::Uuid;

use super::error::{Error, Result};
use super::id::PartitionId;

/// A sealed column and what it holds.
pub trait Cell {
    const TABLE: &'static str;
    const COLUMN: &'static str;
    type Value: Serialize + DeserializeOwned;
}

/// Declares sealed columns: `Name = "table"."column" -> Type;`
#[macro_export]
macro_rules! cells {
    ($($(#[$doc:meta])* $name:ident = $table:literal . $column:literal -> $value:ty;)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;
        impl $crate::kernel::keys::Cell for $name {
            const TABLE: &'static str = $table;
            const COLUMN: &'static str = $column;
            type Value = $value;
        }
    )* };
}

/// The ciphertext of a cell. Opened with `Tx::open`, which must be recorded.
pub struct Sealed<C>(Vec<u8>, PhantomData<fn() -> C>);

impl<C> Sealed<C> {
    /// The bytes the database keeps.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl<C> fmt::Debug for Sealed<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(..)")
    }
}

impl<C> Clone for Sealed<C> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<C> From<Vec<u8>> for Sealed<C> {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes, PhantomData)
    }
}

impl<C> Type<Postgres> for Sealed<C> {
    fn type_info() -> PgTypeInfo {
        <Vec<u8> as Type<Postgres>>::type_info()
    }
}

impl<C> PgHasArrayType for Sealed<C> {
    fn array_type_info() -> PgTypeInfo {
        <Vec<u8> as PgHasArrayType>::array_type_info()
    }
}

impl<'r, C> Decode<'r, Postgres> for Sealed<C> {
    fn decode(value: PgValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        Ok(Self(<Vec<u8> as Decode<Postgres>>::decode(value)?, PhantomData))
    }
}

/// One partition's keys, opened.
struct PartitionKeys {
    ring: KeyRing,
    signer: SigningKey,
    verifier: VerifierKey,
}

/// All partitions' keys.
pub struct Keys {
    /// Absent when verifying without the key file: nothing opens then.
    store: Option<FileKeyStore>,
    partitions: RwLock<HashMap<PartitionId, Arc<PartitionKeys>>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

/// The file with the master key, inside the keys' folder.
pub const MASTER_KEY_FILE: &str = "master.json";

impl Keys {
    /// Opens the master key file, made at the first start, and every partition's keys; makes keys for partitions that
    /// have none yet.
    ///
    /// # Errors
    /// A database that holds wrapped keys while the key file is missing: starting would make a second key and hide the
    /// loss. Keys that do not unwrap.
    pub async fn open(folder: &Path, app: &PgConnectOptions) -> anyhow::Result<Self> {
        let file = folder.join(MASTER_KEY_FILE);
        let mut conn = PgConnection::connect_with(app).await.context("kết nối cơ sở dữ liệu")?;
        let known: i64 = sqlx::query_scalar("select count(*) from partition_key").fetch_one(&mut conn).await?;
        if !file.exists() && known > 0 {
            bail!(
                "cơ sở dữ liệu đã có {known} khóa phân vùng nhưng thiếu tệp khóa chủ {}. Hãy đặt lại tệp khóa từ bản sao lưu rồi khởi động lại; hệ thống không tự tạo khóa mới",
                file.display()
            );
        }
        let store = if file.exists() { FileKeyStore::open(&file)? } else { FileKeyStore::create(&file)? };
        let keys = Self { store: Some(store), partitions: RwLock::default() };
        // One process at a time makes missing keys.
        sqlx::query("select pg_advisory_lock(390)").execute(&mut conn).await?;
        keys.refresh(&mut conn).await?;
        conn.close().await?;
        Ok(keys)
    }

    /// For verification: opens what the key file opens and makes nothing. Without a key file nothing can be opened.
    pub async fn open_existing(folder: &Path, app: &PgConnectOptions) -> anyhow::Result<Self> {
        if folder.join(MASTER_KEY_FILE).exists() {
            return Self::open(folder, app).await;
        }
        Ok(Self { store: None, partitions: RwLock::default() })
    }

    /// Whether this process has taken up a partition's keys.
    pub fn knows(&self, partition: PartitionId) -> bool {
        self.store.is_none() || self.map().contains_key(&partition)
    }

    /// Whether sealed cells can be opened in this process.
    pub fn can_open(&self) -> bool {
        self.store.is_some()
    }

    fn store(&self) -> anyhow::Result<&FileKeyStore> {
        self.store.as_ref().context("không có tệp khóa")
    }

    /// Opens keys of partitions that another process has added since, and makes those still missing.
    pub async fn refresh(&self, conn: &mut PgConnection) -> anyhow::Result<()> {
        let partitions: Vec<PartitionId> = sqlx::query_scalar("select id from partition").fetch_all(&mut *conn).await?;
        let rows: Vec<KeyRow> = sqlx::query_as("select partition_id, id, wrapped, sealed_cells from partition_key")
            .fetch_all(&mut *conn)
            .await?;
        let mut by_partition: HashMap<Uuid, Vec<KeyRow>> = HashMap::new();
        for row in rows {
            by_partition.entry(row.0).or_default().push(row);
        }
        for partition in partitions {
            if self.map().contains_key(&partition) {
                continue;
            }
            match by_partition.remove(&partition.0) {
                Some(rows) => self.take_up(partition, rows)?,
                None if has_history(conn, partition).await? => bail!(
                    "phân vùng {partition} đã có dữ liệu nhưng không còn khóa trong cơ sở dữ liệu. Hãy khôi phục bảng partition_key từ bản sao lưu; hệ thống không tự tạo khóa mới"
                ),
                None => self.provision(conn, partition).await?,
            }
        }
        Ok(())
    }

    /// Makes and opens the keys of a partition that has none, inside the transaction that adds it.
    pub async fn provision(&self, conn: &mut PgConnection, partition: PartitionId) -> anyhow::Result<()> {
        let data = KeyRing::generate(self.store()?, partition.0, Uuid::now_v7(), None)?;
        let (_, signing) = SigningKey::generate(self.store()?, partition.0, Uuid::now_v7(), 1)?;
        for wrapped in [&data, &signing] {
            sqlx::query("insert into partition_key (partition_id, id, wrapped) values ($1, $2, $3)")
                .bind(wrapped.partition)
                .bind(wrapped.id)
                .bind(&wrapped.bytes)
                .execute(&mut *conn)
                .await?;
        }
        self.take_up(partition, [data, signing].map(|k| (k.partition, k.id, k.bytes, 0)).to_vec())
    }

    fn take_up(&self, partition: PartitionId, rows: Vec<KeyRow>) -> anyhow::Result<()> {
        let (mut data, mut signing) = (Vec::new(), Vec::new());
        for (_, id, bytes, sealed_cells) in rows {
            let wrapped = WrappedKey { partition: partition.0, id, bytes };
            match wrapped.header()? {
                (Purpose::Data, _) => {
                    data.push(StoredKey { wrapped, sealed_cells: u64::try_from(sealed_cells).unwrap_or(0) })
                }
                (Purpose::Signing, generation) => signing.push((generation, wrapped)),
            }
        }
        signing.sort_by_key(|(generation, _)| *generation);
        let (_, newest) = signing.last().with_context(|| format!("phân vùng {partition} thiếu khóa ký nhật ký"))?;
        let signer = SigningKey::open(self.store()?, newest)?;
        let ring = KeyRing::open(self.store()?, partition.0, &data)
            .with_context(|| format!("mở khóa của phân vùng {partition}"))?;
        let verifier = VerifierKey::new(&log_origin(&partition), signer.public_key())?;
        self.map_mut().insert(partition, Arc::new(PartitionKeys { ring, signer, verifier }));
        Ok(())
    }

    fn map(&self) -> std::sync::RwLockReadGuard<'_, HashMap<PartitionId, Arc<PartitionKeys>>> {
        self.partitions.read().expect("no code panics while holding the keys")
    }

    fn map_mut(&self) -> std::sync::RwLockWriteGuard<'_, HashMap<PartitionId, Arc<PartitionKeys>>> {
        self.partitions.write().expect("no code panics while holding the keys")
    }

    fn of(&self, partition: PartitionId) -> Result<Arc<PartitionKeys>> {
        self.map().get(&partition).cloned().ok_or(Error::KeysMissing(partition))
    }

    /// Seals a value for its cell.
    pub fn seal<C: Cell>(&self, partition: PartitionId, row: Uuid, value: &C::Value) -> Result<Sealed<C>> {
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(value).map_err(anyhow::Error::from)?);
        let cell = seal::Cell { table: C::TABLE, row: row.as_bytes(), column: C::COLUMN };
        let sealed = self.of(partition)?.ring.seal_cell(cell, &plain).map_err(anyhow::Error::from)?;
        Ok(sealed.into())
    }

    /// Opens a cell. Slices use `Tx::open`, which the transaction must record.
    pub fn open_cell<C: Cell>(&self, partition: PartitionId, row: Uuid, sealed: &Sealed<C>) -> Result<C::Value> {
        let cell = seal::Cell { table: C::TABLE, row: row.as_bytes(), column: C::COLUMN };
        let plain = self.of(partition)?.ring.open_cell(cell, sealed.as_bytes()).map_err(anyhow::Error::from)?;
        // serde's message would quote what was under seal.
        serde_json::from_slice(&plain).map_err(|error| {
            crate::bug!("cell {}.{} holds another shape ({:?})", C::TABLE, C::COLUMN, error.classify())
        })
    }

    /// The blind index of a value for exact search within one partition and column.
    pub fn index(&self, partition: PartitionId, column: &str, normalised: &[u8]) -> Result<Vec<u8>> {
        let index = self.of(partition)?.ring.blind_index(column).map_err(anyhow::Error::from)?;
        Ok(index.tag(normalised).to_vec())
    }

    /// The tag that stands for a record among de-identified facts.
    pub fn tag(&self, partition: PartitionId, table: &str, record: &[u8]) -> Result<[u8; 32]> {
        let index = self.of(partition)?.ring.blind_index(&format!("{table}.tag")).map_err(anyhow::Error::from)?;
        Ok(index.tag(record))
    }

    /// Seals a file's bytes under its id.
    pub fn seal_file(&self, partition: PartitionId, id: Uuid, bytes: &[u8]) -> Result<Vec<u8>> {
        let mut sealed = Vec::with_capacity(bytes.len() + 4096);
        self.of(partition)?.ring.seal_file(id.as_bytes(), bytes, &mut sealed).map_err(anyhow::Error::from)?;
        Ok(sealed)
    }

    /// Opens a sealed file.
    pub fn open_file(&self, partition: PartitionId, id: Uuid, sealed: &[u8]) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(sealed.len());
        self.of(partition)?.ring.open_file(id.as_bytes(), sealed, &mut bytes).map_err(anyhow::Error::from)?;
        Ok(bytes)
    }

    /// Signs the promise that a leaf will have its place within `max_delay`.
    pub fn sign_promise(
        &self,
        partition: PartitionId,
        leaf: Hash,
        now: DateTime<Utc>,
        max_delay: TimeDelta,
    ) -> Result<SignedPromise> {
        let keys = self.of(partition)?;
        let promise = Promise {
            log_origin: log_origin(&partition),
            event_hash: leaf,
            promised_at_ms: u64::try_from(now.timestamp_millis()).unwrap_or(0),
            max_merge_delay_s: u64::try_from(max_delay.num_seconds()).unwrap_or(0),
        };
        let note = promise.sign(&keys.verifier, |text| keys.signer.sign(text)).map_err(anyhow::Error::from)?;
        Ok(SignedPromise { promise, note: note.to_string() })
    }

    /// Signs a checkpoint; the signed note as text.
    pub fn sign_checkpoint(&self, partition: PartitionId, checkpoint: &Checkpoint) -> Result<String> {
        let keys = self.of(partition)?;
        let note = checkpoint.sign(&keys.verifier, |text| keys.signer.sign(text)).map_err(anyhow::Error::from)?;
        Ok(note.to_string())
    }

    /// The public keys of all logs, for auditors to keep outside.
    pub fn verifiers(&self) -> Vec<VerifierKey> {
        let mut all: Vec<_> = self.map().values().map(|keys| keys.verifier.clone()).collect();
        all.sort_by(|a, b| a.name().cmp(b.name()));
        all
    }

    /// Every partition whose keys are here.
    pub fn partitions(&self) -> Vec<PartitionId> {
        self.map().keys().copied().collect()
    }

    /// How many cells each partition's newest data key has sealed, for the database to remember.
    pub fn sealed_cells(&self) -> Vec<(PartitionId, u64)> {
        self.map().iter().map(|(partition, keys)| (*partition, keys.ring.sealed_cells())).collect()
    }
}

/// Whether anything was ever recorded in a partition. Keys are made for new partitions only, never over a loss.
async fn has_history(conn: &mut PgConnection, partition: PartitionId) -> anyhow::Result<bool> {
    let mut tx = conn.begin_with("begin; set local app.context = 'system'").await?;
    let found = sqlx::query_scalar("select exists (select from event where partition_id = $1)")
        .bind(partition.0)
        .fetch_one(&mut *tx)
        .await?;
    tx.rollback().await?;
    Ok(found)
}

/// A row of `partition_key`: partition, id, wrapped, sealed cells.
type KeyRow = (Uuid, Uuid, Vec<u8>, i64);

/// A promise with its signed text.
#[derive(Debug, Clone)]
pub struct SignedPromise {
    pub promise: Promise,
    pub note: String,
}
