//! Admission rules (CEL) of specifications: what may be set together and what may change.
//!
//! The rules sit on the parent of the field they are about. A rule on an optional field itself is
//! skipped when the field appears or disappears, so `self == oldSelf` there would let it be added
//! and removed. For the same reason every field that a rule reads without `has()` has a default.
//! Rules of `status` are in `fence`.

use kube::core::{Reason, Rule};

/// A rule whose violation is answered with `Forbidden` and not with `Invalid value`, so that the
/// answer does not repeat the whole value.
pub(super) fn forbidden(rule: &str, message: &str) -> Rule {
    Rule::new(rule)
        .message(message)
        .reason(Reason::FieldValueForbidden)
}

// RestartRequest, root: these two read `spec` and `status` together.

pub(super) fn no_resolution_at_birth() -> Rule {
    forbidden(
        "!has(self.spec.resolution) || (has(self.status) && has(self.status.conditions))",
        "resolution cannot be set on a new request",
    )
    .field_path(".spec.resolution")
}

/// Two rules instead of one that also runs at creation: such a rule costs more than the API
/// server allows.
pub(super) fn resolution_only_while_unknown() -> Rule {
    forbidden(
        "!has(self.spec.resolution) \
         || (has(oldSelf.spec.resolution) && self.spec.resolution == oldSelf.spec.resolution) \
         || (has(oldSelf.status) && has(oldSelf.status.conditions) \
         && oldSelf.status.conditions.exists(c, c.type == 'Stalled' && c.status == 'True' \
         && c.reason in ['OutcomeUnknown', 'OrderLost']))",
        "resolution can be set or changed only while the outcome is unknown",
    )
    .field_path(".spec.resolution")
}

// RestartRequest, spec.

pub(super) fn account_ref_is_immutable() -> Rule {
    forbidden(
        "self.accountRef == oldSelf.accountRef",
        "accountRef is immutable; create a new RestartRequest",
    )
    .field_path(".accountRef")
}

pub(super) fn target_is_immutable() -> Rule {
    forbidden(
        "self.target == oldSelf.target",
        "target is immutable; create a new RestartRequest",
    )
    .field_path(".target")
}

pub(super) fn dry_run_is_immutable() -> Rule {
    forbidden(
        "self.dryRun == oldSelf.dryRun",
        "dryRun is immutable; create a new RestartRequest",
    )
    .field_path(".dryRun")
}

pub(super) fn reason_is_immutable() -> Rule {
    forbidden(
        "has(self.reason) == has(oldSelf.reason) \
         && (!has(self.reason) || self.reason == oldSelf.reason)",
        "reason is immutable; create a new RestartRequest",
    )
    .field_path(".reason")
}

pub(super) fn start_before_is_immutable() -> Rule {
    forbidden(
        "has(self.startBefore) == has(oldSelf.startBefore) \
         && (!has(self.startBefore) || self.startBefore == oldSelf.startBefore)",
        "startBefore is immutable; create a new RestartRequest",
    )
    .field_path(".startBefore")
}

pub(super) fn limits_are_immutable() -> Rule {
    forbidden(
        "self.startDeadlineSeconds == oldSelf.startDeadlineSeconds \
         && self.activeDeadlineSeconds == oldSelf.activeDeadlineSeconds \
         && self.backoffLimit == oldSelf.backoffLimit",
        "startDeadlineSeconds, activeDeadlineSeconds and backoffLimit are immutable; \
         create a new RestartRequest",
    )
}

pub(super) fn cancel_stays() -> Rule {
    forbidden(
        "!oldSelf.cancel || self.cancel",
        "cancel cannot be withdrawn",
    )
    .field_path(".cancel")
}

pub(super) fn ttl_needs_start_before() -> Rule {
    forbidden(
        "!has(self.ttlSecondsAfterFinished) || has(self.startBefore)",
        "ttlSecondsAfterFinished needs startBefore: without it a tool that brings the object \
         back restarts the target again",
    )
    .field_path(".ttlSecondsAfterFinished")
}

// RestartRequest, members of spec.

pub(super) fn exactly_one_target() -> Rule {
    Rule::new(
        "[has(self.saeApplication), has(self.saeInstances), has(self.saeApplications), \
         has(self.edasApplication), has(self.volcengineInstances)].exists_one(x, x)",
    )
    .message(
        "exactly one of saeApplication, saeInstances, saeApplications, edasApplication, \
         volcengineInstances must be set",
    )
}

pub(super) fn exactly_one_answer() -> Rule {
    Rule::new("has(self.adopt) != has(self.notExecuted)")
        .message("exactly one of adopt, notExecuted must be set")
}

// Accounts, both kinds.

pub(super) fn provider_and_region_are_immutable() -> Rule {
    forbidden(
        "self.provider == oldSelf.provider && self.region == oldSelf.region",
        "provider and region are immutable; create a new account",
    )
}

pub(super) fn signature_fits_the_provider() -> Rule {
    Rule::new(
        "!has(self.signatureAlgorithm) || (self.provider == 'AlibabaCloud' \
         ? self.signatureAlgorithm in ['ACS3-HMAC-SHA256', 'HMAC-SHA1'] \
         : self.signatureAlgorithm == 'HMAC-SHA256')",
    )
    .message(
        "signatureAlgorithm is ACS3-HMAC-SHA256 or HMAC-SHA1 for AlibabaCloud, \
         HMAC-SHA256 for Volcengine",
    )
    .field_path(".signatureAlgorithm")
}

pub(super) fn assumed_role_fits_the_provider() -> Rule {
    Rule::new(
        "!has(self.assumeRole) || self.assumeRole.role.startsWith(\
         self.provider == 'AlibabaCloud' ? 'acs:ram::' : 'trn:iam::')",
    )
    .message(
        "assumeRole.role starts with acs:ram:: for AlibabaCloud, with trn:iam:: for Volcengine",
    )
    .field_path(".assumeRole.role")
}

// ClusterCloudAccount.

pub(super) fn oidc_fits_the_provider() -> Rule {
    Rule::new(
        "!has(self.credentials.oidc) || (self.provider == 'AlibabaCloud' \
         ? self.credentials.oidc.role.startsWith('acs:ram::') \
         && has(self.credentials.oidc.providerArn) \
         : self.credentials.oidc.role.startsWith('trn:iam::') \
         && !has(self.credentials.oidc.providerArn))",
    )
    .message(
        "oidc needs a role acs:ram::… and providerArn for AlibabaCloud, a role trn:iam::… and \
         no providerArn for Volcengine",
    )
    .field_path(".credentials.oidc")
}

pub(super) fn exactly_one_credential() -> Rule {
    Rule::new("[has(self.secretRef), has(self.oidc), has(self.instanceRole)].exists_one(x, x)")
        .message("exactly one of secretRef, oidc, instanceRole must be set")
}

pub(super) fn allowed_targets_fit_the_provider() -> Rule {
    Rule::new(
        "self.allowedTargets.all(t, \
         (t.kind == 'volcengineInstances') == (self.provider == 'Volcengine'))",
    )
    .message(
        "allowedTargets of kind volcengineInstances belong to provider Volcengine, all other \
         kinds to AlibabaCloud",
    )
    .field_path(".allowedTargets")
}

pub(super) fn endpoints_fit_the_provider() -> Rule {
    Rule::new(
        "!has(self.endpoints) || (self.provider == 'AlibabaCloud' ? !has(self.endpoints.ecs) \
         : !has(self.endpoints.sae) && !has(self.endpoints.edas))",
    )
    .message("endpoints are sae, edas and sts for AlibabaCloud, ecs and sts for Volcengine")
    .field_path(".endpoints")
}

pub(super) fn exactly_one_namespace_choice() -> Rule {
    Rule::new("[has(self.names), has(self.selector), has(self.all)].exists_one(x, x)")
        .message("exactly one of names, selector, all must be set")
}
