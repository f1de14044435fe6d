//! The right to send a restart call: which intents this process wrote, each sent at most once.
//!
//! A [`Permit`] exists only for an intent that was seen stored, is used up by the call that takes
//! it, and is never made again for the same attempt. A crash loses all of them, so that a
//! successor can only resolve. Times are of the boot clock, which goes on while the machine sleeps.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::types::AttemptId;

/// Proof that one attempt may be sent now. Only [`Permits::take`] makes one.
#[derive(Debug)]
pub struct Permit(AttemptId);

impl Permit {
    /// The attempt that this permit is for.
    #[must_use]
    pub const fn attempt(&self) -> &AttemptId {
        &self.0
    }
}

/// Whose a stored intent is, seen from this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mine {
    /// Another process, or an earlier life of this one, wrote it.
    NotMine,
    /// This process wrote it and has not sent it.
    Unsent,
    /// This process used up its right to send it.
    Sent,
}

/// Why there is no permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPermit {
    /// This process did not see the intent stored.
    NotMine,
    /// It was taken before.
    AlreadyTaken,
    /// The last moment to send has passed. It stays so.
    TooLate,
}

#[derive(Debug)]
enum Right {
    Unsent { send_by: Duration },
    UsedUp,
}

/// All rights of this process.
#[derive(Debug, Default)]
pub struct Permits {
    rights: Mutex<HashMap<AttemptId, Right>>,
}

impl Permits {
    /// Remembers an intent that this process wrote and has seen stored. `send_by` is the boot time
    /// after which it may no longer be sent. A right that exists is left as it is.
    pub fn hold(&self, attempt: AttemptId, send_by: Duration) {
        self.lock()
            .entry(attempt)
            .or_insert(Right::Unsent { send_by });
    }

    /// Whose the intent is.
    pub fn mine(&self, attempt: &AttemptId) -> Mine {
        match self.lock().get(attempt) {
            None => Mine::NotMine,
            Some(Right::Unsent { .. }) => Mine::Unsent,
            Some(Right::UsedUp) => Mine::Sent,
        }
    }

    /// Takes the right to send, once. Whatever it returns, a later call returns no permit.
    pub fn take(&self, attempt: &AttemptId, boot: Duration) -> Result<Permit, NoPermit> {
        let mut rights = self.lock();
        let right = rights.get_mut(attempt).ok_or(NoPermit::NotMine)?;
        match std::mem::replace(right, Right::UsedUp) {
            Right::Unsent { send_by } if boot < send_by => Ok(Permit(attempt.clone())),
            Right::Unsent { .. } => Err(NoPermit::TooLate),
            Right::UsedUp => Err(NoPermit::AlreadyTaken),
        }
    }

    /// Forgets an attempt that is over. It can never be held again by this process' own protocol,
    /// since attempt ids are random.
    pub fn forget(&self, attempt: &AttemptId) {
        self.lock().remove(attempt);
    }

    // A panic while the lock was held cannot leave half a change: each change is one insert or
    // one replace. So a poisoned lock is as good as a clean one.
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<AttemptId, Right>> {
        self.rights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> AttemptId {
        AttemptId("0123456789abcdef0123456789abcdef".into())
    }

    #[test]
    fn a_right_is_taken_once() {
        let permits = Permits::default();
        permits.hold(id(), Duration::from_secs(10));
        assert_eq!(permits.mine(&id()), Mine::Unsent);
        assert!(permits.take(&id(), Duration::from_secs(9)).is_ok());
        assert_eq!(permits.mine(&id()), Mine::Sent);
        assert_eq!(
            permits.take(&id(), Duration::from_secs(9)).unwrap_err(),
            NoPermit::AlreadyTaken
        );
    }

    #[test]
    fn holding_again_does_not_give_the_right_back() {
        let permits = Permits::default();
        permits.hold(id(), Duration::from_secs(10));
        permits.take(&id(), Duration::ZERO).unwrap();
        permits.hold(id(), Duration::from_secs(20));
        assert_eq!(permits.mine(&id()), Mine::Sent);
    }

    #[test]
    fn too_late_is_for_ever() {
        let permits = Permits::default();
        permits.hold(id(), Duration::from_secs(10));
        assert_eq!(
            permits.take(&id(), Duration::from_secs(10)).unwrap_err(),
            NoPermit::TooLate
        );
        assert_eq!(
            permits.take(&id(), Duration::ZERO).unwrap_err(),
            NoPermit::AlreadyTaken
        );
    }

    #[test]
    fn what_is_over_is_forgotten_and_stays_without_a_right() {
        let permits = Permits::default();
        permits.hold(id(), Duration::from_secs(10));
        permits.forget(&id());
        assert!(permits.lock().is_empty());
        assert_eq!(permits.mine(&id()), Mine::NotMine);
        assert_eq!(
            permits.take(&id(), Duration::ZERO).unwrap_err(),
            NoPermit::NotMine
        );
    }

    #[test]
    fn a_foreign_intent_gives_no_permit() {
        let permits = Permits::default();
        assert_eq!(permits.mine(&id()), Mine::NotMine);
        assert_eq!(
            permits.take(&id(), Duration::ZERO).unwrap_err(),
            NoPermit::NotMine
        );
    }

    #[test]
    fn of_many_threads_one_gets_the_permit() {
        let permits = Permits::default();
        permits.hold(id(), Duration::from_secs(10));
        let taken = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| permits.take(&id(), Duration::ZERO).is_ok()))
                .collect();
            threads
                .into_iter()
                .filter_map(|t| t.join().ok())
                .filter(|taken| *taken)
                .count()
        });
        assert_eq!(taken, 1);
    }
}
