//! Times as text, as both Alibaba products write them: UTC+8, without a zone.

use jiff::Timestamp;
use jiff::tz::{self, TimeZone};

/// `YYYY-MM-DD HH:MM:SS` in UTC+8.
pub(crate) fn text(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(tz::offset(8)))
        .strftime("%Y-%m-%d %H:%M:%S")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn text_times_are_utc_plus_eight_without_a_zone() {
        let at = "2025-11-21T20:09:10.5Z".parse().unwrap();
        assert_eq!(text(at), "2025-11-22 04:09:10");
    }
}
