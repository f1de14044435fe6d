//! The rules in force and how often each has been met.

use super::{Effects, FaultId, FaultRule, FaultState};

/// The rules in force, in the order in which they were made.
#[derive(Debug, Default)]
pub(crate) struct FaultBook {
    last_id: FaultId,
    rules: Vec<FaultState>,
}

impl FaultBook {
    pub(crate) fn add(&mut self, rule: FaultRule) -> FaultId {
        self.last_id += 1;
        self.rules.push(FaultState {
            id: self.last_id,
            rule,
            matched: 0,
            met: 0,
        });
        self.last_id
    }

    pub(crate) fn remove(&mut self, id: FaultId) -> bool {
        let before = self.rules.len();
        self.rules.retain(|state| state.id != id);
        self.rules.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    pub(crate) fn states(&self) -> &[FaultState] {
        &self.rules
    }

    /// Counts the request against every rule and sums up the faults it meets.
    pub(crate) fn meet(
        &mut self,
        action: Option<&str>,
        product: Option<&str>,
        app: Option<&str>,
    ) -> Effects {
        let mut effects = Effects::default();
        for state in &mut self.rules {
            if state.meets(action, product, app) {
                effects.add(&state.rule.fault);
            }
        }
        effects
    }
}

impl FaultState {
    fn meets(&mut self, action: Option<&str>, product: Option<&str>, app: Option<&str>) -> bool {
        let rule = &self.rule;
        let matches = (rule.action.is_none() || rule.action.as_deref() == action)
            && (rule.product.is_none() || rule.product.as_deref() == product)
            && rule.app.as_ref().is_none_or(|wanted| names(app, wanted));
        if !matches {
            return false;
        }
        self.matched += 1;
        let meets = self.matched > rule.skip && rule.times.is_none_or(|times| self.met < times);
        self.met += u64::from(meets);
        meets
    }
}

/// Whether a request names this application, alone or among others.
fn names(app: Option<&str>, wanted: &str) -> bool {
    app.is_some_and(|app| app == wanted || app.split(',').any(|one| one == wanted))
}

#[cfg(test)]
mod tests {
    use super::FaultBook;
    use crate::faults::{Fault, FaultRule};

    #[test]
    fn a_rule_meets_the_nth_matching_request_and_no_other() {
        let mut book = FaultBook::default();
        book.add(FaultRule::on("Restart", Fault::DropAfter).app("a").nth(2));
        let mut met = Vec::new();
        for (action, app) in [
            ("Restart", "a"),
            ("Restart", "b"),
            ("Other", "a"),
            ("Restart", "a"),
            ("Restart", "a"),
        ] {
            met.push(!book.meet(Some(action), None, Some(app)).kinds.is_empty());
        }
        assert_eq!(met, [false, false, false, true, false]);
        assert_eq!((book.states()[0].matched, book.states()[0].met), (3, 1));
    }
}
