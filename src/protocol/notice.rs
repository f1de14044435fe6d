//! What is worth an Event: a closed list of words, and a note for each. Notices are told after the
//! status is stored and never decide anything.

/// Reason of an Event about a `RestartRequest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventReason {
    /// The cloud accepted the call.
    Submitted,
    /// An order was found that is ours.
    Adopted,
    /// The request waits for its turn.
    Queued,
    /// `spec.suspend` holds the request.
    Suspended,
    /// The hold is over.
    Resumed,
    /// The cloud was asked to abort the order.
    CancelRequested,
    /// A person's word was followed.
    ResolutionApplied,
    /// It ended well.
    Succeeded,
    /// All checks of a dry run passed.
    DryRunPassed,
    /// It ended because of `spec.cancel`.
    Cancelled,
    /// It was created too late and restarted nothing.
    Skipped,
    /// The check found something that a person should know.
    PreflightWarning,
    /// The cloud definitely refused an attempt.
    Rejected,
    /// The answer to the call is not known.
    Resolving,
    /// Nobody can tell without a person.
    OutcomeUnknown,
    /// The order waits for a person in the cloud.
    PausedInCloud,
    /// `spec.cancel` came when the restart could not be stopped any more.
    CancelTooLate,
    /// `spec.suspend` came when the call was already made.
    SuspendIgnored,
    /// A person's word could not be followed.
    ResolutionRefused,
    /// Some parts were restarted, others were not.
    PartiallySucceeded,
    /// It ended badly.
    Failed,
    /// It is proved that nothing was executed.
    NotExecuted,
    /// A time limit passed before the call.
    Expired,
}

impl EventReason {
    /// Every reason.
    pub const ALL: [Self; 23] = [
        Self::Submitted,
        Self::Adopted,
        Self::Queued,
        Self::Suspended,
        Self::Resumed,
        Self::CancelRequested,
        Self::ResolutionApplied,
        Self::Succeeded,
        Self::DryRunPassed,
        Self::Cancelled,
        Self::Skipped,
        Self::PreflightWarning,
        Self::Rejected,
        Self::Resolving,
        Self::OutcomeUnknown,
        Self::PausedInCloud,
        Self::CancelTooLate,
        Self::SuspendIgnored,
        Self::ResolutionRefused,
        Self::PartiallySucceeded,
        Self::Failed,
        Self::NotExecuted,
        Self::Expired,
    ];

    /// The word in the Event.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "Submitted",
            Self::Adopted => "Adopted",
            Self::Queued => "Queued",
            Self::Suspended => "Suspended",
            Self::Resumed => "Resumed",
            Self::CancelRequested => "CancelRequested",
            Self::ResolutionApplied => "ResolutionApplied",
            Self::Succeeded => "Succeeded",
            Self::DryRunPassed => "DryRunPassed",
            Self::Cancelled => "Cancelled",
            Self::Skipped => "Skipped",
            Self::PreflightWarning => "PreflightWarning",
            Self::Rejected => "Rejected",
            Self::Resolving => "Resolving",
            Self::OutcomeUnknown => "OutcomeUnknown",
            Self::PausedInCloud => "PausedInCloud",
            Self::CancelTooLate => "CancelTooLate",
            Self::SuspendIgnored => "SuspendIgnored",
            Self::ResolutionRefused => "ResolutionRefused",
            Self::PartiallySucceeded => "PartiallySucceeded",
            Self::Failed => "Failed",
            Self::NotExecuted => "NotExecuted",
            Self::Expired => "Expired",
        }
    }

    /// Whether a person should look.
    #[must_use]
    pub const fn is_warning(self) -> bool {
        !matches!(
            self,
            Self::Submitted
                | Self::Adopted
                | Self::Queued
                | Self::Suspended
                | Self::Resumed
                | Self::CancelRequested
                | Self::ResolutionApplied
                | Self::Succeeded
                | Self::DryRunPassed
                | Self::Cancelled
        )
    }
}

/// One thing to tell after the status is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What happened.
    pub reason: EventReason,
    /// One sentence, at most 1024 bytes.
    pub note: String,
}
