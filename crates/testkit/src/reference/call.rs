//! Whether a call is allowed: the steps of the format's description, in their order.

use agentsudo_core::{Arguments, Value};
use sha2::{Digest as _, Sha256};

use super::block::{Approval, Block, Measure};
use super::cbor::Tree;
use super::decide::{Place, places_in};
use super::rule::{Constraint, Rule};
use super::scope::covers;
use super::{Accepted, Call, Charge, Code, Obligations};

const AMOUNT_UNSOUND: Code = "budget.amount_unsound";

impl Accepted {
    /// Whether the token is in its time.
    ///
    /// # Errors
    /// The code of the refusal.
    pub fn check_time(&self, now_s: u64) -> Result<(), Code> {
        let blocks = || self.blocks.iter().map(|(_, block)| block);
        let issued_at = blocks().find_map(|block| block.issued_at).unwrap_or(0);
        let life_s = blocks()
            .filter_map(|block| block.expires_after_s)
            .min()
            .unwrap_or(0);
        let waits_s = blocks().filter_map(|block| block.valid_after_s).max();
        let begins_at = match waits_s {
            Some(waits_s) => issued_at.saturating_add(waits_s),
            None => issued_at.saturating_sub(60),
        };
        if now_s >= issued_at.saturating_add(life_s) {
            Err("token.expired")
        } else if now_s < begins_at {
            Err("token.not_yet_valid")
        } else {
            Ok(())
        }
    }

    /// Decides one call, but for what only the world knows: what was drawn before, what a person says.
    ///
    /// # Errors
    /// The code of the refusal, as the log has it.
    pub fn decide(&self, call: &Call<'_>) -> Result<Obligations, Code> {
        let blocks = || self.blocks.iter().map(|(_, block)| block);
        if blocks()
            .next_back()
            .is_some_and(|last| last.is_delegate_only)
        {
            return Err("token.delegate_only");
        }
        self.check_time(call.now_s)?;
        self.check_revoked(call.revocations)?;
        let is_frozen =
            |freeze: &&(String, u64)| call.now_s < freeze.1 && covers(&freeze.0, call.scope);
        if call.freezes.iter().find(is_frozen).is_some() {
            return Err("freeze.in_force");
        }
        for block in blocks() {
            check_grants(block, call)?;
        }
        let constraints = || blocks().flat_map(|block| &block.constraints);
        let applying = || constraints().filter(|constraint| constraint.applies_to(call.scope));
        for constraint in applying() {
            constraint.check(call.arguments)?;
        }
        let are_pinned = call
            .sinks
            .iter()
            .all(|sink| applying().any(|limit| limit.pins_sink(sink)));
        if self.is_strict && call.changes_something && !are_pinned {
            return Err("constraint.sink_unconstrained");
        }
        self.oblige(call)
    }

    fn oblige(&self, call: &Call<'_>) -> Result<Obligations, Code> {
        let mut obligations = Obligations::default();
        for (place, (id, block)) in self.blocks.iter().enumerate() {
            for (index, budget) in block.budgets.iter().enumerate() {
                if budget
                    .on
                    .as_ref()
                    .is_some_and(|pattern| !covers(pattern, call.scope))
                {
                    continue;
                }
                let amount = amount_of(&budget.measure, call.arguments)?;
                if amount > budget.max {
                    return Err("budget.exceeded");
                }
                obligations.charges.push(Charge {
                    block: *id,
                    index,
                    amount,
                    max: budget.max,
                    window_s: budget.window_s,
                });
            }
            let asks = |approval: &Approval| {
                let excepted = approval.unless.as_ref();
                covers(&approval.scope, call.scope)
                    && excepted.is_none_or(|unless| unless.check(call.arguments).is_err())
            };
            if block.approvals.iter().any(asks) {
                obligations.consent = obligations.consent.or(Some(place));
            }
        }
        Ok(obligations)
    }
}

fn check_grants(block: &Block, call: &Call<'_>) -> Result<(), Code> {
    let covering: Vec<_> = block
        .grants
        .iter()
        .filter(|grant| covers(&grant.scope, call.scope))
        .collect();
    let is_for_tool =
        |tools: &[String]| tools.is_empty() || tools.iter().any(|tool| tool == call.tool);
    if block.grants.is_empty() || covering.iter().any(|grant| is_for_tool(&grant.tools)) {
        Ok(())
    } else if covering.is_empty() {
        Err("scope.not_granted")
    } else {
        Err("scope.not_granted_to_tool")
    }
}

impl Constraint {
    fn applies_to(&self, scope: &str) -> bool {
        self.on
            .as_ref()
            .is_none_or(|pattern| covers(pattern, scope))
    }

    fn pins_sink(&self, sink: &str) -> bool {
        let path = self.path.join(".");
        (path == sink || path == format!("{sink}[]")) && pins(&self.rule)
    }
}

/// Whether a rule leaves little to choose.
fn pins(rule: &Rule) -> bool {
    match rule {
        Rule::Range(_, max) => max.is_some(),
        Rule::DecimalRange(_, max) => max.is_some(),
        Rule::Glob(pattern) => pattern != "*",
        Rule::Every(rule) => pins(rule),
        Rule::All(rules) => rules.iter().any(pins),
        Rule::Any(rules) => rules.iter().all(pins),
        Rule::Length(..) | Rule::Not(_) => false,
        _ => true,
    }
}

fn amount_of(measure: &Measure, arguments: &Arguments) -> Result<u64, Code> {
    match measure {
        Measure::Calls => Ok(1),
        Measure::ArgumentBytes => {
            let bytes = tree_of(&Value::from(arguments.clone())).encoded();
            u64::try_from(bytes.len()).map_err(|_| AMOUNT_UNSOUND)
        }
        Measure::Amount(path) => {
            let mut places = Vec::new();
            places_in(arguments.as_map(), path, &mut places).map_err(|_| AMOUNT_UNSOUND)?;
            let mut sum = 0_u64;
            for place in places {
                let Ok(Place::At(Value::Integer(amount))) = place else {
                    return Err(AMOUNT_UNSOUND);
                };
                let amount = u64::try_from(*amount).map_err(|_| AMOUNT_UNSOUND)?;
                // More than any budget has, in any case.
                sum = sum.saturating_add(amount);
            }
            Ok(sum)
        }
    }
}

/// A value as CBOR.
#[must_use]
pub fn tree_of(value: &Value) -> Tree {
    match value {
        Value::Null => Tree::Null,
        Value::Bool(value) => Tree::Bool(*value),
        Value::Integer(value) => Tree::int(*value),
        Value::Decimal(value) => {
            let parts = vec![
                Tree::int(-i64::from(value.scale())),
                Tree::int(value.mantissa()),
            ];
            Tree::Tag(4, Box::new(Tree::List(parts)))
        }
        Value::String(text) => Tree::text(text),
        Value::List(values) => Tree::List(values.iter().map(tree_of).collect()),
        Value::Map(fields) => {
            let entries = fields
                .iter()
                .map(|(key, value)| (Tree::text(key), tree_of(value)));
            Tree::Map(entries.collect())
        }
    }
}

/// The digest of arguments, as the format's description has it.
pub(super) fn digest_of(arguments: &Arguments) -> [u8; 32] {
    let encoded = tree_of(&Value::from(arguments.clone())).encoded();
    let hashed = [b"agentsudo.arguments.v1\0", encoded.as_slice()].concat();
    Sha256::digest(&hashed).into()
}
