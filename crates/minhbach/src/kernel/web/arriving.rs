//! What is sent, read before its turn: whole and in memory, so that a slow line takes nobody's place; within a time, and
//! within a budget of bytes for all requests together, so that nobody's memory is taken either.
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use bytes::BytesMut;
use futures::{Stream, StreamExt, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// The largest body of a request that is not an upload.
pub const BODY_LIMIT: usize = 2 << 20;
/// The largest body of somebody who shows neither a session nor a token, and the largest form that is shown again: ten
/// times the longest section of a declaration.
pub const SMALL_BODY: usize = 256 << 10;
/// How long a sender may be silent: a telephone that changes its cell is back by then.
const STALL: Duration = Duration::from_secs(15);
/// How long a whole body may take: the largest one at 140 kbit/s.
const WHOLE: Duration = Duration::from_secs(120);
/// Bytes held for all requests together: a thousand autosaves, or 32 of the largest bodies.
const HELD: usize = 64 << 20;
/// The same for those who show nothing, who must not spend the budget of those at work.
const HELD_OF_UNKNOWN: usize = 8 << 20;

/// Bytes that may be held at a time.
#[derive(Debug, Clone)]
pub struct Budget {
    known: Arc<Semaphore>,
    unknown: Arc<Semaphore>,
    stall: Duration,
    whole: Duration,
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(HELD, HELD_OF_UNKNOWN, STALL, WHOLE)
    }
}

/// A body in memory with its part of the budget, given back when dropped.
#[derive(Debug, Default)]
pub struct Held {
    /// Empty when the body is left to the handler.
    pub whole: Bytes,
    _part: Option<OwnedSemaphorePermit>,
}

/// Why a body was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotRead {
    /// All that may be held is held.
    Spent,
    /// Longer than somebody unknown may send.
    TooLong,
}

impl Budget {
    fn new(known: usize, unknown: usize, stall: Duration, whole: Duration) -> Self {
        Self { known: Arc::new(Semaphore::new(known)), unknown: Arc::new(Semaphore::new(unknown)), stall, whole }
    }

    /// The request with its body in memory. A body of somebody known that is too long, breaks off or stands still is left
    /// to the handler, which says so in its own words.
    pub async fn read(&self, request: Request, is_known: bool) -> Result<(Request, Held), NotRead> {
        let (parts, body) = request.into_parts();
        let (body, held) = self.collect(body.into_data_stream(), is_known).await?;
        Ok((Request::from_parts(parts, body), held))
    }

    async fn collect<S>(&self, mut arriving: S, is_known: bool) -> Result<(Body, Held), NotRead>
    where
        S: Stream<Item = Result<Bytes, axum::Error>> + Unpin + Send + 'static,
    {
        let (limit, budget) = if is_known { (BODY_LIMIT, &self.known) } else { (SMALL_BODY, &self.unknown) };
        let late = Instant::now() + self.whole;
        let (mut read, mut part) = (BytesMut::new(), None);
        loop {
            let piece = match timeout_at(late.min(Instant::now() + self.stall), arriving.next()).await {
                Ok(Some(Ok(piece))) => piece,
                Ok(None) => break,
                Ok(Some(Err(error))) => return Ok(broken_off(read, part, error)),
                Err(_) => {
                    let silent = axum::Error::new(io::Error::from(io::ErrorKind::TimedOut));
                    return Ok(broken_off(read, part, silent));
                }
            };
            take(budget, &mut part, piece.len())?;
            if read.len() + piece.len() > limit {
                if !is_known {
                    return Err(NotRead::TooLong);
                }
                let begun = stream::iter([Ok(read.freeze()), Ok(piece)]);
                return Ok((Body::from_stream(begun.chain(arriving)), Held { whole: Bytes::new(), _part: part }));
            }
            read.extend_from_slice(&piece);
        }
        let whole = read.freeze();
        Ok((Body::from(whole.clone()), Held { whole, _part: part }))
    }
}

fn take(budget: &Arc<Semaphore>, part: &mut Option<OwnedSemaphorePermit>, bytes: usize) -> Result<(), NotRead> {
    let bytes = u32::try_from(bytes).map_err(|_| NotRead::Spent)?;
    let more = budget.clone().try_acquire_many_owned(bytes).map_err(|_| NotRead::Spent)?;
    match part {
        Some(part) => part.merge(more),
        None => *part = Some(more),
    }
    Ok(())
}

/// What came before the end, and that it ended.
fn broken_off(read: BytesMut, part: Option<OwnedSemaphorePermit>, error: axum::Error) -> (Body, Held) {
    let body = Body::from_stream(stream::iter([Ok(read.freeze()), Err(error)]));
    (body, Held { whole: Bytes::new(), _part: part })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(60);

    fn pieces(length: usize, count: usize) -> impl Stream<Item = Result<Bytes, axum::Error>> + Unpin + Send + 'static {
        stream::iter((0..count).map(move |_| Ok(Bytes::from(vec![b'x'; length]))))
    }

    fn budget(known: usize) -> Budget {
        Budget::new(known, SMALL_BODY * 2, SOON, SOON * 3)
    }

    #[tokio::test]
    async fn a_spent_budget_takes_nothing_more_and_comes_back() {
        let budget = budget(1000);
        let (_, held) = budget.collect(pieces(100, 6), true).await.unwrap();
        assert_eq!(held.whole.len(), 600);
        assert_eq!(budget.collect(pieces(100, 6), true).await.unwrap_err(), NotRead::Spent);
        assert_eq!(budget.known.available_permits(), 400, "what was refused holds nothing");
        assert!(budget.collect(pieces(100, 6), false).await.is_ok(), "a budget of its own");
        drop(held);
        assert!(budget.collect(pieces(100, 6), true).await.is_ok());
        assert_eq!((budget.known.available_permits(), budget.unknown.available_permits()), (1000, SMALL_BODY * 2));
    }

    #[tokio::test]
    async fn who_is_unknown_sends_little_and_a_long_body_is_left_to_the_handler() {
        let budget = budget(BODY_LIMIT * 2);
        assert!(budget.collect(pieces(SMALL_BODY, 1), false).await.is_ok());
        assert_eq!(budget.collect(pieces(SMALL_BODY, 2), false).await.unwrap_err(), NotRead::TooLong);
        let (body, held) = budget.collect(pieces(BODY_LIMIT, 3), true).await.unwrap();
        assert!(held.whole.is_empty());
        let all = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        assert_eq!(all.len(), BODY_LIMIT * 3, "nothing is missing");
    }

    #[tokio::test]
    async fn who_stands_still_or_drips_is_cut_off() {
        let budget = budget(1000);
        let still = pieces(10, 2).chain(stream::pending());
        let begun = Instant::now();
        let (body, held) = budget.collect(still, true).await.unwrap();
        assert!(held.whole.is_empty() && begun.elapsed() < SOON * 3);
        assert!(axum::body::to_bytes(body, 100).await.is_err(), "the handler hears that it broke off");
        // A piece each third of the time one may be silent, without end.
        let drips = stream::unfold((), |()| async {
            tokio::time::sleep(SOON / 3).await;
            Some((Ok(Bytes::from_static(b"x")), ()))
        });
        let begun = Instant::now();
        let (body, _) = budget.collect(Box::pin(drips), true).await.unwrap();
        assert!(begun.elapsed() >= SOON * 2);
        assert!(axum::body::to_bytes(body, 100).await.is_err());
    }
}
