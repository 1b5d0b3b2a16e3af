//! Proof that the policy was asked. Store functions that change data demand one.
use std::marker::PhantomData;

use super::actor::Actor;
use super::db::Tx;
use super::error::{Error, Result};

/// A verb of the system, named in the policy of its slice.
pub trait Action {
    /// The name policies, logs and the role × resource table use.
    const NAME: &'static str;
}

/// Implemented in a slice's `policy.rs`: may this actor do `A` to this resource?
pub trait Guarded<A: Action> {
    fn allows(&self, actor: &Actor) -> bool;
}

/// Permission to do `A` to the resource `on`. Only [`Tx::permit`] makes one.
pub struct Permit<A: Action, R> {
    on: R,
    action: PhantomData<A>,
}

impl<A: Action, R> Permit<A, R> {
    /// What the permission is for.
    pub fn on(&self) -> &R {
        &self.on
    }
}

impl Tx {
    /// Asks the policy.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when the actor may see the resource but not do this to it.
    pub fn permit<A: Action, R: Guarded<A>>(&self, on: R) -> Result<Permit<A, R>> {
        if on.allows(self.actor()) { Ok(Permit { on, action: PhantomData }) } else { Err(Error::Forbidden) }
    }
}
