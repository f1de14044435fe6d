//! The closed lists of condition reasons. A reason that is not here is never written.
//!
//! Reasons are words for machines: people filter, alert and script on them, so one is never
//! renamed and never given a second meaning. What happened in detail goes into the message.

use super::closed_list::closed_list;

closed_list! {
    /// Why a condition of a `RestartRequest` has its status.
    ///
    /// `Succeeded`, `Finished`, `Ready`, `Reconciling` and `Stalled` always carry the same one.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Reason {
        // Pending
        /// The checks before the call have not ended yet.
        Checking,
        /// The account that the request names does not exist.
        AccountNotFound,
        /// The account exists but has no usable credential at the moment.
        AccountNotReady,
        /// The cloud does not answer, or answers with errors of its own.
        CloudUnavailable,
        /// The operator's clock differs from the cloud's by more than a minute.
        ClockSkew,
        /// The next attempt waits after a definite rejection.
        BackingOff,

        // Suspended, Queued
        /// `spec.suspend` holds the request.
        Suspended,
        /// Another request has the same target in work.
        TargetBusy,
        /// The cloud runs a change order that is not ours on the target.
        ForeignChangeOrder,
        /// The call budget of the account is used up.
        Throttled,

        // Submitting, Resolving, Running
        /// The intent is stored and the call is on its way.
        Submitting,
        /// The answer to the call is not known; the cloud is asked what it did.
        Resolving,
        /// The cloud is restarting the target.
        Running,
        /// The cloud was asked to abort the order.
        Cancelling,

        // Paused
        /// The order waits for an approval in the cloud's console.
        ApprovalRequired,
        /// The order waits for somebody to confirm the next batch.
        BatchConfirmationRequired,
        /// The order stands still in the cloud and needs a person.
        OrderNeedsAttention,

        // Unknown
        /// Whether the restart happened cannot be found out; `spec.resolution` answers it.
        OutcomeUnknown,
        /// The order was accepted but cannot be found any more.
        OrderLost,

        // Succeeded, PartiallySucceeded
        /// The restart ended well.
        RestartSucceeded,
        /// All checks of a dry run passed.
        DryRunPassed,
        /// A person said that the restart was executed.
        ResolvedExecuted,
        /// Some targets were restarted, others were not.
        PartiallySucceeded,

        // Failed
        /// The cloud ended the order as failed.
        RestartFailed,
        /// Somebody else aborted the order.
        OrderAborted,
        /// The order still ran when the active deadline was over.
        ActiveDeadlineExceeded,
        /// Every attempt was rejected.
        BackoffLimitExceeded,
        /// The cloud refused the call for good.
        Rejected,
        /// The account does not serve the namespace of the request.
        AccountNotAllowed,
        /// The account does not serve this target.
        TargetNotAllowed,
        /// A guard of the account forbids the request.
        GuardDenied,
        /// The target does not belong to the account's provider, region or namespace.
        TargetMismatch,
        /// The cloud does not know the target.
        TargetNotFound,
        /// The target is stopped or in an error state, so there is nothing to restart.
        TargetNotRunning,
        /// The target is of a sort that cannot be restarted this way.
        TargetUnsupported,
        /// A bare-metal instance, and the request does not allow that.
        BareMetalRefused,
        /// The credential may not make a call that is needed.
        PermissionDenied,
        /// The request uses a field that this version does not serve yet.
        NotImplemented,

        // NotExecuted
        /// It is proved that the cloud did not execute the call.
        NotExecuted,
        /// A person said that the restart was not executed.
        ResolvedNotExecuted,
        /// The object comes from a backup; its restart belongs to the past.
        RestoredFromBackup,

        // Expired, Cancelled, Skipped
        /// It waited longer than `startDeadlineSeconds`.
        StartDeadlineExceeded,
        /// `startBefore` passed while it waited.
        StartBeforePassed,
        /// Cancelled before anything was sent.
        CancelledBeforeSubmission,
        /// The cloud aborted the order on our word.
        CancelledInCloud,
        /// Created at or after its own `startBefore`.
        CreatedAfterStartBefore,

        // Only of Accepted and Submitted
        /// Account, target and guards agree with the request.
        Accepted,
        /// No call was made.
        NotSubmitted,
        /// The intent is stored; whether the call was made is not.
        IntentRecorded,
        /// The cloud answered the call with an order.
        OrderAccepted,
        /// The order was found in the cloud, and it is ours.
        OrderAdopted,
    }
}

closed_list! {
    /// Why a condition of an account has its status.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum AccountReason {
        /// The credential is there, parses and was exchanged where that is needed.
        Ready,
        /// The credential has not been looked at yet.
        Checking,
        /// The Secret does not exist or may not be read.
        SecretNotFound,
        /// The Secret lacks a key, or a value has not the right form.
        SecretInvalid,
        /// The cloud's token service refused to exchange the credential.
        TokenExchangeFailed,
        /// The operator runs without `--allow-instance-role`.
        InstanceRoleNotAllowed,
        /// The node's metadata service gave no credential.
        InstanceRoleUnavailable,
        /// The account names a host that is not allowed.
        EndpointNotAllowed,
        /// The cloud refused a call as unauthenticated.
        CredentialsRejected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::bounds::REASON_MAX;

    #[test]
    fn every_reason_reads_back_from_its_own_text() {
        for reason in Reason::ALL {
            assert_eq!(Reason::parse(reason.as_str()), Some(*reason));
        }
        for reason in AccountReason::ALL {
            assert_eq!(AccountReason::parse(reason.as_str()), Some(*reason));
        }
        assert_eq!(Reason::parse("checking"), None);
    }

    #[test]
    fn every_reason_fits_into_a_condition() {
        let all = Reason::ALL.iter().map(|r| r.as_str());
        for text in all.chain(AccountReason::ALL.iter().map(|r| r.as_str())) {
            assert!(text.len() <= REASON_MAX, "{text} is too long");
        }
    }
}
