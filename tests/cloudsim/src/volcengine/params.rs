//! Reading the parameters of an ECS call, from the query and from a form.
//!
//! A parameter the call does not have is refused. The real cloud probably ignores it, which would
//! hide a misspelt one, and would reboot in spite of a `DryRun` that this call does not have.

use std::ops::RangeInclusive;

use super::errors::{invalid_argument, refusal};
use crate::product::Params;
use crate::{Incoming, Refusal, query};

/// Parameters that belong to the gateway and not to a call.
const OF_THE_GATEWAY: [&str; 3] = ["Action", "Version", "X-Expires"];

/// The parameters of the query and, if there is one, of the form. `Action` and `Version` count in
/// the query only.
pub(super) fn read(request: &Incoming) -> Params {
    let mut params = form(request);
    params.retain(|name, _| !OF_THE_GATEWAY.contains(&name.as_str()));
    params.extend(query::params(&request.query));
    params
}

fn form(request: &Incoming) -> Params {
    let is_form = request
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    match std::str::from_utf8(&request.body) {
        Ok(body) if is_form => query::params(body),
        _ => Params::new(),
    }
}

/// Refuses a parameter that is not among `known`; `Name.N` stands for a numbered list.
pub(super) fn only(params: &Params, known: &[&str]) -> Result<(), Refusal> {
    let is_known = |name: &str| {
        let listed = name
            .rsplit_once('.')
            .is_some_and(|(base, _)| known.contains(&format!("{base}.N").as_str()));
        listed || known.contains(&name) || OF_THE_GATEWAY.contains(&name)
    };
    match params.keys().find(|name| !is_known(name)) {
        Some(unknown) => Err(invalid_argument(unknown)),
        None => Ok(()),
    }
}

/// The values of `Name.1`, `Name.2`, … in the order of the numbers, which must have no gap.
pub(super) fn list(params: &Params, name: &str) -> Result<Vec<String>, Refusal> {
    let mut found = Vec::new();
    for (full, value) in params {
        let number = full.strip_prefix(name).and_then(|n| n.strip_prefix('.'));
        if let Some(number) = number {
            let place: usize = number.parse().map_err(|_| invalid_argument(full))?;
            found.push((place, value.clone()));
        }
    }
    found.sort();
    let numbered = found.iter().zip(1..).all(|((place, _), n)| *place == n);
    if numbered {
        Ok(found.into_iter().map(|(_, value)| value).collect())
    } else {
        Err(invalid_argument(name))
    }
}

/// The same with at most `limit` values, which may be none.
pub(super) fn filter(params: &Params, name: &str, limit: usize) -> Result<Vec<String>, Refusal> {
    let values = list(params, name)?;
    if values.len() > limit {
        let message = format!("{name} has more than {limit} values.");
        return Err(refusal("InvalidCount.Malformed", message));
    }
    Ok(values)
}

/// An integer within `range`.
pub(super) fn integer(
    params: &Params,
    name: &str,
    range: RangeInclusive<usize>,
) -> Result<Option<usize>, Refusal> {
    let Some(text) = params.get(name) else {
        return Ok(None);
    };
    let value = text.parse().ok().filter(|value| range.contains(value));
    value.map(Some).ok_or_else(|| invalid_argument(name))
}

/// A lower-case `true` or `false`; absent is false.
pub(super) fn boolean(params: &Params, name: &str) -> Result<bool, Refusal> {
    match params.get(name).map(String::as_str) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(invalid_argument(name)),
    }
}
