//! `CurrentPage` and `PageSize`.

use super::params;
use crate::Refusal;
use crate::product::Params;

/// `PageSize` of the order lists if none is asked for.
pub(super) const USUAL_SIZE: usize = 20;
/// Largest `PageSize` of the order lists; the maximum is not documented, 100 is used in practice.
pub(super) const MAX_SIZE: i64 = 100;

/// A page of a list.
#[derive(Clone, Copy)]
pub(super) struct Page {
    /// Counted from 1.
    pub(super) number: usize,
    pub(super) size: usize,
}

impl Page {
    pub(super) fn read(params: &Params, usual: usize, max: i64) -> Result<Self, Refusal> {
        let number = params::integer(params, "CurrentPage", 1..=i64::from(i32::MAX))?.unwrap_or(1);
        let size = params::integer(params, "PageSize", 1..=max)?;
        let size = size.map(|size| usize::try_from(size).unwrap_or(usize::MAX));
        Ok(Self {
            number: usize::try_from(number).unwrap_or(usize::MAX),
            size: size.unwrap_or(usual),
        })
    }

    /// The elements of this page.
    pub(super) fn cut<'a, T>(&self, all: &'a [T]) -> &'a [T] {
        let first = (self.number - 1).saturating_mul(self.size).min(all.len());
        let end = first.saturating_add(self.size).min(all.len());
        &all[first..end]
    }
}
