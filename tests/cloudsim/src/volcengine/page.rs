//! Lists in pages: `MaxResults`, `NextToken`.

use super::errors::invalid_argument;
use super::params;
use crate::Refusal;
use crate::product::Params;

/// What a page token begins with. A client must not look into a token.
const MARK: &str = "page-";

/// Largest page.
const MOST: usize = 100;

/// The page asked for, and the token of the next one: empty on the last.
pub(super) fn page<T>(
    items: Vec<T>,
    params: &Params,
    default: usize,
) -> Result<(Vec<T>, String), Refusal> {
    let size = params::integer(params, "MaxResults", 1..=MOST)?.unwrap_or(default);
    let start = match params.get("NextToken").filter(|token| !token.is_empty()) {
        None => 0,
        Some(token) => read(token, items.len())?,
    };
    let end = start.saturating_add(size);
    let next = if end < items.len() {
        format!("{MARK}{end}")
    } else {
        String::new()
    };
    let items = items.into_iter().skip(start).take(size);
    Ok((items.collect(), next))
}

fn read(token: &str, length: usize) -> Result<usize, Refusal> {
    let place = token
        .strip_prefix(MARK)
        .and_then(|place| place.parse().ok());
    let place = place.filter(|place| *place <= length);
    place.ok_or_else(|| invalid_argument("NextToken"))
}
