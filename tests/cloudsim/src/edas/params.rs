//! Reading EDAS query parameters. A missing or unknown one is the gateway's refusal.
//!
//! As in SAE a parameter the call does not have is refused, so that a misspelt one is noticed.

use crate::Refusal;
use crate::product::Params;

/// Refuses a parameter that is not among `known`.
pub(super) fn only(params: &Params, known: &[&str]) -> Result<(), Refusal> {
    match params.keys().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => Err(invalid(unknown)),
        None => Ok(()),
    }
}

/// A parameter that must be there and not empty (gateway code `Missing<Parameter>`).
pub(super) fn required<'a>(params: &'a Params, name: &str) -> Result<&'a str, Refusal> {
    optional(params, name).ok_or_else(|| {
        let message = format!("{name} is mandatory for this action.");
        Refusal::bad_request(&format!("Missing{name}"), message)
    })
}

/// A parameter that may be absent; an empty one counts as absent.
pub(super) fn optional<'a>(params: &'a Params, name: &str) -> Option<&'a str> {
    params
        .get(name)
        .map(String::as_str)
        .filter(|value| !value.is_empty())
}

/// A number from 1 on, or the gateway's `Invalid<Parameter>`.
pub(super) fn number(params: &Params, name: &str, usual: usize) -> Result<usize, Refusal> {
    match optional(params, name) {
        None => Ok(usual),
        Some(text) => {
            let number = text.parse().ok().filter(|number| *number >= 1);
            number.ok_or_else(|| invalid(name))
        }
    }
}

/// Ids separated by commas: none of them empty or twice.
pub(super) fn ids<'a>(params: &'a Params, name: &str) -> Result<Option<Vec<&'a str>>, Refusal> {
    let Some(text) = optional(params, name) else {
        return Ok(None);
    };
    let ids: Vec<&str> = text.split(',').collect();
    let repeated = |place: usize| ids[..place].contains(&ids[place]);
    if ids.iter().any(|id| id.is_empty()) || (0..ids.len()).any(repeated) {
        return Err(invalid(name));
    }
    Ok(Some(ids))
}

/// Ids in a JSON array that is written as a text, as `ListApplication` documents its `AppIds`.
pub(super) fn json_ids(params: &Params, name: &str) -> Result<Option<Vec<String>>, Refusal> {
    let Some(text) = optional(params, name) else {
        return Ok(None);
    };
    let ids = serde_json::from_str(text).map_err(|_| invalid(name))?;
    Ok(Some(ids))
}

fn invalid(name: &str) -> Refusal {
    let message = format!("The specified parameter {name} is not valid.");
    Refusal::bad_request(&format!("Invalid{name}"), message)
}
