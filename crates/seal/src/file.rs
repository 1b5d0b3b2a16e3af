use std::io::{self, Read, Write};

use aws_lc_rs::aead::{Aad, LessSafeKey, Nonce};
use aws_lc_rs::{digest, rand};
use zeroize::Zeroizing;

use crate::aead::{self, KEY_LEN, NONCE_LEN, TAG_LEN};
use crate::{KeyRing, SealError};

/// Plaintext bytes of every chunk but the last: 1 MiB.
pub const CHUNK: usize = 1 << 20;

const MAGIC: &[u8; 4] = b"MBF\x01";
const TAG: &[u8] = b"minhbach-file-v1";
const SALT_LEN: usize = 32;
const HEADER_LEN: usize = MAGIC.len() + 4 + SALT_LEN;

/// What one pass over a file tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDigest {
    /// Bytes and SHA-256 of the original.
    pub plain_len: u64,
    pub plain_sha256: [u8; 32],
    /// Bytes and SHA-256 of the sealed file; the latter names it in the store.
    pub sealed_len: u64,
    pub sealed_sha256: [u8; 32],
}

impl KeyRing {
    /// Seals a file in chunks (STREAM of Hoang, Reyhanitabar, Rogaway and Vizár 2015) with 2 MiB of memory.
    /// `name` identifies it, as the row does a cell.
    pub fn seal_file(&self, name: &[u8], input: impl Read, output: impl Write) -> Result<FileDigest, SealError> {
        let key = self.current();
        let mut header = [0; HEADER_LEN];
        header[..4].copy_from_slice(MAGIC);
        header[4..8].copy_from_slice(&key.generation.to_be_bytes());
        rand::fill(&mut header[8..])?;
        let mut stream = Stream::new(&key.file, &header, &self.file_aad(name, &header))?;
        let (mut input, mut output) = (Hashed::new(input), Hashed::new(output));
        output.write_all(&header)?;
        each_chunk(&mut input, CHUNK, |chunk, last| {
            let nonce = stream.next_nonce(last)?;
            let tag = stream.key.seal_in_place_separate_tag(nonce, Aad::from(&stream.aad), chunk)?;
            output.write_all(chunk)?;
            output.write_all(tag.as_ref())?;
            Ok(())
        })?;
        output.flush()?;
        Ok(digest_of(input, output))
    }

    /// Opens a sealed file. Every chunk is verified before it is written, but that the file is complete is known only
    /// at the end: on an error the caller must throw away what was written.
    pub fn open_file(&self, name: &[u8], input: impl Read, output: impl Write) -> Result<FileDigest, SealError> {
        let (mut input, mut output) = (Hashed::new(input), Hashed::new(output));
        let header: [u8; HEADER_LEN] = match read_full(&mut input, HEADER_LEN)?.as_slice().try_into() {
            Ok(header) => header,
            Err(_) => return Err(SealError::FileDamaged),
        };
        let (magic, rest) = header.split_first_chunk::<4>().ok_or(SealError::Malformed)?;
        let (generation, _) = rest.split_first_chunk::<4>().ok_or(SealError::Malformed)?;
        if magic != MAGIC {
            return Err(SealError::Malformed);
        }
        let key = self.generation(u32::from_be_bytes(*generation))?;
        let mut stream = Stream::new(&key.file, &header, &self.file_aad(name, &header))?;
        each_chunk(&mut input, CHUNK + TAG_LEN, |chunk, last| {
            let first = stream.counter == 0;
            let nonce = stream.next_nonce(last)?;
            let opened = stream.key.open_in_place(nonce, Aad::from(&stream.aad), chunk);
            let opened = opened.map_err(|_| SealError::FileDamaged)?;
            // Only an empty file has an empty chunk: one plaintext, one chunking.
            if opened.is_empty() && !first {
                return Err(SealError::FileDamaged);
            }
            Ok(output.write_all(opened)?)
        })?;
        output.flush()?;
        Ok(digest_of(output, input))
    }

    fn file_aad(&self, name: &[u8], header: &[u8]) -> Vec<u8> {
        aead::bind(&[TAG, header, self.partition().as_bytes(), name])
    }
}

/// The key of one file and the count of its chunks.
struct Stream {
    key: LessSafeKey,
    aad: Vec<u8>,
    counter: u64,
}

impl Stream {
    /// The file's own key comes from the random salt in its header, so chunk nonces may simply count.
    fn new(file_subkey: &[u8; KEY_LEN], header: &[u8; HEADER_LEN], aad: &[u8]) -> Result<Self, SealError> {
        let key = aead::derive(file_subkey, &header[8..], TAG)?;
        Ok(Self { key: aead::cipher(&key)?, aad: aad.to_vec(), counter: 0 })
    }

    /// `0 (7 bytes) || counter (4 bytes big-endian) || 1 if this is the last chunk`.
    fn next_nonce(&mut self, last: bool) -> Result<Nonce, SealError> {
        let counter = u32::try_from(self.counter).map_err(|_| SealError::FileTooLarge)?;
        self.counter += 1;
        let mut nonce = [0; NONCE_LEN];
        nonce[7..11].copy_from_slice(&counter.to_be_bytes());
        nonce[11] = u8::from(last);
        Ok(Nonce::assume_unique_for_key(nonce))
    }
}

/// Hands over the input in chunks of `size`, the last one shorter or equal, and says which is the last.
/// An empty input is one empty last chunk.
fn each_chunk(
    input: &mut impl Read,
    size: usize,
    mut handle: impl FnMut(&mut [u8], bool) -> Result<(), SealError>,
) -> Result<(), SealError> {
    let mut chunk = read_full(input, size)?;
    loop {
        let next = read_full(input, size)?;
        let last = next.is_empty();
        handle(&mut chunk, last)?;
        if last {
            return Ok(());
        }
        chunk = next;
    }
}

/// Up to `size` bytes; fewer only at the end of the input.
fn read_full(input: &mut impl Read, size: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new(Vec::with_capacity(size));
    input.take(size as u64).read_to_end(&mut buffer)?;
    Ok(buffer)
}

/// Counts and hashes what passes through.
struct Hashed<T> {
    inner: T,
    len: u64,
    sha256: digest::Context,
}

impl<T> Hashed<T> {
    fn new(inner: T) -> Self {
        Self { inner, len: 0, sha256: digest::Context::new(&digest::SHA256) }
    }

    fn passed(&mut self, bytes: &[u8]) {
        self.len += bytes.len() as u64;
        self.sha256.update(bytes);
    }

    fn finish(self) -> (u64, [u8; 32]) {
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(self.sha256.finish().as_ref());
        (self.len, sha256)
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.passed(&buffer[..count]);
        Ok(count)
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.passed(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn digest_of<P, S>(plain: Hashed<P>, sealed: Hashed<S>) -> FileDigest {
    let ((plain_len, plain_sha256), (sealed_len, sealed_sha256)) = (plain.finish(), sealed.finish());
    FileDigest { plain_len, plain_sha256, sealed_len, sealed_sha256 }
}
