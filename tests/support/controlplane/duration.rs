//! Durations in the way Go writes them, because envtest's variables are written so.

use std::time::Duration;

use super::assets::process_environment;

/// The duration that an environment variable holds; `default` if it is unset or no duration.
pub fn from_environment(name: &str, default: Duration) -> Duration {
    process_environment(name)
        .and_then(|value| parse(value.to_str()?))
        .unwrap_or(default)
}

/// Reads `90s`, `1m30s` or `500ms`.
pub fn parse(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        let after = &rest[digits..];
        let unit = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let milliseconds = match &after[..unit] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return None,
        };
        sum += Duration::from_millis(number.checked_mul(milliseconds)?);
        rest = &after[unit..];
    }
    (!text.is_empty()).then_some(sum)
}
