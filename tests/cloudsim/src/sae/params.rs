//! Reading SAE query parameters, with SAE's own error codes.
//!
//! A parameter the call does not have is refused. The real cloud probably ignores it, which would
//! hide a misspelt `MinReadyInstances`; the simulator is louder on purpose.

use std::ops::RangeInclusive;

use crate::Refusal;
use crate::product::Params;

/// Refuses a parameter that is not among `known`.
pub(super) fn only(params: &Params, known: &[&str]) -> Result<(), Refusal> {
    match params.keys().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => Err(invalid(unknown)),
        None => Ok(()),
    }
}

/// A parameter that must be there and not empty (`InvalidParameter.NotEmpty`).
pub(super) fn required<'a>(params: &'a Params, name: &str) -> Result<&'a str, Refusal> {
    optional(params, name).ok_or_else(|| {
        let message = format!("You must specify the parameter {name}.");
        Refusal::bad_request("InvalidParameter.NotEmpty", message)
    })
}

/// A parameter that may be absent; an empty one counts as absent.
pub(super) fn optional<'a>(params: &'a Params, name: &str) -> Option<&'a str> {
    params
        .get(name)
        .map(String::as_str)
        .filter(|value| !value.is_empty())
}

/// Ids separated by commas: at least one, none of them empty or twice. Whether the real cloud
/// accepts an id twice is not documented.
pub(super) fn ids<'a>(params: &'a Params, name: &str) -> Result<Vec<&'a str>, Refusal> {
    let ids: Vec<&str> = required(params, name)?.split(',').collect();
    let repeated = |place: usize| ids[..place].contains(&ids[place]);
    if ids.iter().any(|id| id.is_empty()) || (0..ids.len()).any(repeated) {
        return Err(invalid(name));
    }
    Ok(ids)
}

/// An integer within `range`, or `InvalidParameter.Obviously`.
pub(super) fn integer(
    params: &Params,
    name: &str,
    range: RangeInclusive<i64>,
) -> Result<Option<i64>, Refusal> {
    let Some(text) = optional(params, name) else {
        return Ok(None);
    };
    let value = text.parse().ok().filter(|value| range.contains(value));
    value.map(Some).ok_or_else(|| invalid(name))
}

/// `true` or `false`, or `InvalidParameter.Obviously`. The official Python client writes a capital.
pub(super) fn boolean(params: &Params, name: &str) -> Result<Option<bool>, Refusal> {
    match optional(params, name) {
        None => Ok(None),
        Some("true" | "True") => Ok(Some(true)),
        Some("false" | "False") => Ok(Some(false)),
        Some(_) => Err(invalid(name)),
    }
}

/// `InvalidParameter.WithMessage`: a value is invalid, for this reason.
pub(super) fn invalid_because(message: impl Into<String>) -> Refusal {
    Refusal::bad_request("InvalidParameter.WithMessage", message)
}

/// `InvalidParameter.Obviously`.
pub(super) fn invalid(name: &str) -> Refusal {
    let message = format!("The specified parameter is invalid {{{name}}}.");
    Refusal::bad_request("InvalidParameter.Obviously", message)
}
