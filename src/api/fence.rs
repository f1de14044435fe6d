//! Admission rules (CEL) of a request's status: the second fence of the at-most-once protocol.
//!
//! The protocol never makes the moves that are refused here. The rules hold for every client, so
//! a mistake in the operator, an old version of it, or a hand-written status cannot make a call
//! that was recorded look as if it had not been made.
//!
//! `status` has a default, so these rules run on every write, and an omitted status is refused
//! once an attempt exists. In the rules, `oldSelf` is what is stored, `self` what is to be stored.

use kube::core::Rule;

use super::rules::forbidden;

pub(super) fn attempt_stays() -> Rule {
    forbidden(
        "!has(oldSelf.attempt) \
         || (has(self.attempt) && self.attempt.number >= oldSelf.attempt.number)",
        "attempt stays; its number never falls",
    )
    .field_path(".attempt")
}

pub(super) fn attempt_id_changes_with_a_count() -> Rule {
    forbidden(
        "!has(oldSelf.attempt) || !has(self.attempt) \
         || self.attempt.attemptId == oldSelf.attempt.attemptId \
         || self.attempt.number == oldSelf.attempt.number + 1 \
         || (self.attempt.number == oldSelf.attempt.number \
         && self.attempt.owned == oldSelf.attempt.owned + 1)",
        "attemptId changes only with the next number or the next owned count",
    )
    .field_path(".attempt")
}

pub(super) fn new_attempt_needs_a_rejection() -> Rule {
    forbidden(
        "!has(oldSelf.attempt) || !has(self.attempt) \
         || self.attempt.number == oldSelf.attempt.number \
         || (has(oldSelf.attempt.answer) && oldSelf.attempt.answer == 'Rejected')",
        "a new attempt needs a definite rejection of the one before",
    )
    .field_path(".attempt")
}

pub(super) fn client_token_is_fixed() -> Rule {
    forbidden(
        "!has(oldSelf.attempt) || !has(oldSelf.attempt.clientToken) \
         || (has(self.attempt) && has(self.attempt.clientToken) \
         && self.attempt.clientToken == oldSelf.attempt.clientToken)",
        "clientToken is fixed for the life of the request",
    )
    .field_path(".attempt")
}

pub(super) fn change_order_is_fixed() -> Rule {
    forbidden(
        "!has(oldSelf.changeOrder) || (has(self.changeOrder) && (!has(oldSelf.changeOrder.id) \
         || (has(self.changeOrder.id) && self.changeOrder.id == oldSelf.changeOrder.id) \
         || (has(oldSelf.conditions) && oldSelf.conditions.exists(c, \
         c.type == 'Stalled' && c.reason == 'OrderLost'))))",
        "changeOrder stays and its id is fixed; only a lost order may be given another id",
    )
    .field_path(".changeOrder")
}

/// What a finished request tells stays as it is. Only `observedGeneration` and the conditions'
/// copies of it move on.
pub(super) fn finished_is_final() -> Rule {
    forbidden(
        "!has(oldSelf.completionTime) || (has(self.completionTime) \
         && self.completionTime == oldSelf.completionTime \
         && has(self.attempt) == has(oldSelf.attempt) \
         && (!has(self.attempt) || self.attempt == oldSelf.attempt) \
         && has(self.changeOrder) == has(oldSelf.changeOrder) \
         && (!has(self.changeOrder) || self.changeOrder == oldSelf.changeOrder) \
         && has(self.conditions) && has(oldSelf.conditions) && oldSelf.conditions.all(o, \
         !(o.type in ['Submitted', 'Succeeded', 'Finished']) \
         || self.conditions.exists(c, \
         c.type == o.type && c.status == o.status && c.reason == o.reason)))",
        "a finished request does not change",
    )
}

pub(super) fn completion_time_means_finished() -> Rule {
    Rule::new(
        "has(self.completionTime) == (has(self.conditions) \
         && self.conditions.exists(c, c.type == 'Finished' && c.status == 'True'))",
    )
    .message("completionTime and Finished=True go together")
}

pub(super) fn not_reconciling_and_stalled() -> Rule {
    Rule::new(
        "!has(self.conditions) \
         || !(self.conditions.exists(c, c.type == 'Reconciling' && c.status == 'True') \
         && self.conditions.exists(c, c.type == 'Stalled' && c.status == 'True'))",
    )
    .message("Reconciling and Stalled are not both True")
}

/// An intent is stored before its call, so it cannot be born with an answer.
pub(super) fn first_attempt_is_fresh() -> Rule {
    forbidden(
        "has(oldSelf.attempt) || !has(self.attempt) || (self.attempt.number == 1 \
         && self.attempt.owned == 0 && !has(self.attempt.answer))",
        "the first attempt has number 1, owned 0 and no answer",
    )
    .field_path(".attempt")
}

pub(super) fn next_attempt_is_fresh() -> Rule {
    forbidden(
        "!has(oldSelf.attempt) || !has(self.attempt) \
         || self.attempt.number == oldSelf.attempt.number \
         || (self.attempt.number == oldSelf.attempt.number + 1 && self.attempt.owned == 0 \
         && !has(self.attempt.answer))",
        "another attempt has the next number, owned 0 and no answer",
    )
    .field_path(".attempt")
}

/// Within one attempt the call is the same bytes. A take-over needs a client token, is counted,
/// and is over once the answer is definite. `owned` moves only together with `attemptId`: else a
/// write could reset it and make a rejection after a resend look definite.
pub(super) fn intent_is_frozen() -> Rule {
    forbidden(
        "!has(oldSelf.attempt) || !has(self.attempt) \
         || self.attempt.number != oldSelf.attempt.number \
         || (self.attempt.targetHash == oldSelf.attempt.targetHash \
         && self.attempt.signedAt == oldSelf.attempt.signedAt \
         && self.attempt.notAfter == oldSelf.attempt.notAfter \
         && (self.attempt.attemptId == oldSelf.attempt.attemptId \
         ? self.attempt.owned == oldSelf.attempt.owned \
         : (self.attempt.owned == oldSelf.attempt.owned + 1 && has(self.attempt.clientToken) \
         && (!has(oldSelf.attempt.answer) || oldSelf.attempt.answer == 'Ambiguous'))))",
        "within one attempt target, signature and owner are fixed; a take-over needs a \
         clientToken and an open answer",
    )
    .field_path(".attempt")
}

/// An ambiguous answer may disappear only by a take-over, which sends again. Otherwise dropping
/// it first would be a way from Ambiguous to Rejected.
pub(super) fn answer_is_final() -> Rule {
    forbidden(
        "!has(oldSelf.attempt) || !has(self.attempt) \
         || self.attempt.number != oldSelf.attempt.number || !has(oldSelf.attempt.answer) \
         || (has(self.attempt.answer) ? (self.attempt.answer == oldSelf.attempt.answer \
         || (oldSelf.attempt.answer == 'Ambiguous' && self.attempt.answer != 'Rejected')) \
         : (oldSelf.attempt.answer == 'Ambiguous' \
         && self.attempt.attemptId != oldSelf.attempt.attemptId))",
        "an answer stays; only Ambiguous can become Accepted, or open again by a take-over",
    )
    .field_path(".attempt.answer")
}

/// After a resend another copy of the call may still be executed.
pub(super) fn rejection_needs_a_single_sender() -> Rule {
    forbidden(
        "!has(self.attempt) || !has(self.attempt.answer) || self.attempt.answer != 'Rejected' \
         || self.attempt.owned == 0",
        "Rejected needs owned 0: after a take-over a rejection is not definite",
    )
    .field_path(".attempt.answer")
}
