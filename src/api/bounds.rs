//! The sizes and patterns that several fields share.
//!
//! Every list and every string that an admission rule reads has an upper bound, because the API
//! server estimates the cost of a rule from these numbers and refuses the whole definition when
//! the estimate is too high. Whoever writes status cuts its texts to the same numbers.

/// An id of the cloud. No comma, since lists of ids are joined with commas on the wire, and no
/// `*`, since that would be an id that somebody masked.
pub const ID_PATTERN: &str = "^[A-Za-z0-9][A-Za-z0-9._-]*$";

/// Characters in an id.
pub const ID_MAX: usize = 128;

/// A Kubernetes object name.
pub const NAME_PATTERN: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

/// Characters in an object name.
pub const NAME_MAX: usize = 253;

/// A time. The API server's own `date-time` takes more than RFC 3339 (any character before the
/// fraction, any two digits as an offset, the year 0), and an object with such a time could be
/// stored but never read. Years 2000 to 2999, since the last day of 9999 cannot be read either.
pub const TIME_PATTERN: &str = r"^2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$";

/// Ids in one list of instances, and targets in one status.
pub const TARGETS_MAX: usize = 100;

/// Applications in one SAE batch.
pub const BATCH_MAX: usize = 50;

/// Characters in a message for people.
pub const MESSAGE_MAX: usize = 1024;

/// Characters in a condition's reason or a warning's code.
pub const REASON_MAX: usize = 64;

/// Characters in an error code of the cloud.
pub const CODE_MAX: usize = 128;

/// Characters in `status.targetSummary`.
pub const SUMMARY_MAX: usize = 128;

/// Characters in a principal, a role or any other resource name of a cloud.
pub const PRINCIPAL_MAX: usize = 256;

/// Conditions on one object.
pub const CONDITIONS_MAX: usize = 8;

/// Warnings of one preflight.
pub const WARNINGS_MAX: usize = 16;
